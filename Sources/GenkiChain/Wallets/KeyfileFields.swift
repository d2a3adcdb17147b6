import CSodium

/// The fields of a key file: one JSON object, read without strings that nobody wipes.
///
/// Values are texts or whole numbers; what else a newer program may add is skipped.
struct KeyfileFields {
  enum Value {
    case text(SecretBytes)
    case number(Int)
    /// True, false, an object, a list or a fraction.
    case other
  }

  /// Why the bytes are no key file.
  struct Malformed: Error, Equatable {
    let reason: String
  }

  /// No key file comes near these.
  private static let fieldsMax = 64
  private static let nameBytesMax = 64
  private static let depthMax = 8

  private var values: [String: Value] = [:]

  /// A field's value; nil where it is absent or null.
  subscript(name: String) -> Value? { values[name] }

  init(_ contents: SecretBytes) throws(Malformed) {
    let result = contents.withBytes { bytes -> Result<[String: Value], Malformed> in
      var scanner = Scanner(bytes: bytes)
      do throws(Malformed) { return .success(try scanner.object()) } catch {
        return .failure(error)
      }
    }
    values = try result.get()
  }

  /// Reads JSON from left to right; texts go into `SecretBytes` at once.
  private struct Scanner {
    let bytes: UnsafeRawBufferPointer
    var place = 0

    static let notJSON = Malformed(reason: "it is not JSON")

    mutating func object() throws(Malformed) -> [String: Value] {
      skipSpace()
      guard place < bytes.count else { throw Self.notJSON }
      guard take("{") else {
        throw bytes[place] == UInt8(ascii: "[")
          ? Malformed(reason: "it is not a JSON object") : Self.notJSON
      }
      var fields: [String: Value] = [:]
      var count = 0
      if !take("}") {
        repeat {
          count += 1
          guard count <= fieldsMax else { throw Malformed(reason: "it has too many fields") }
          let name = try text()
          guard name.count <= nameBytesMax else {
            throw Malformed(reason: "the name of a field is too long")
          }
          guard take(":") else { throw Self.notJSON }
          let key = name.withBytes { String(decoding: $0, as: UTF8.self) }
          guard fields[key] == nil else { throw Malformed(reason: "a field stands in it twice") }
          if let value = try value(depth: 1) { fields[key] = value }
        } while take(",")
        guard take("}") else { throw Self.notJSON }
      }
      skipSpace()
      guard place == bytes.count else { throw Self.notJSON }
      return fields
    }

    /// Nil for null.
    private mutating func value(depth: Int) throws(Malformed) -> Value? {
      skipSpace()
      guard place < bytes.count else { throw Self.notJSON }
      switch bytes[place] {
      case UInt8(ascii: "\""): return .text(try text())
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        try nested(depth: depth)
        return .other
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
      default:
        if take("null") { return nil }
        guard take("true") || take("false") else { throw Self.notJSON }
        return .other
      }
    }

    private mutating func nested(depth: Int) throws(Malformed) {
      guard depth < depthMax else { throw Malformed(reason: "it is nested too deeply") }
      let isObject = take("{")
      let end: StaticString = isObject ? "}" : "]"
      if !isObject { _ = take("[") }
      if take(end) { return }
      repeat {
        if isObject {
          _ = try text()
          guard take(":") else { throw Self.notJSON }
        }
        _ = try value(depth: depth + 1)
      } while take(",")
      guard take(end) else { throw Self.notJSON }
    }

    private mutating func number() throws(Malformed) -> Value {
      let start = place
      while place < bytes.count, "+-.0123456789Ee".utf8.contains(bytes[place]) { place += 1 }
      let word = String(decoding: bytes[start..<min(place, start + 15)], as: UTF8.self)
      if place - start <= 15, let number = Int(word) { return .number(number) }
      guard Double(word) != nil || place - start > 15 else { throw Self.notJSON }
      return .other
    }

    private mutating func text() throws(Malformed) -> SecretBytes {
      guard take("\"") else { throw Self.notJSON }
      let start = place
      while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
        // No secret, address or name of a field needs one.
        guard bytes[place] != UInt8(ascii: "\\"), bytes[place] >= 0x20 else {
          guard bytes[place] == UInt8(ascii: "\\") else { throw Self.notJSON }
          throw Malformed(reason: "a text in it has a backslash")
        }
        place += 1
      }
      guard place < bytes.count else { throw Self.notJSON }
      defer { place += 1 }
      return SecretBytes(copying: bytes[start..<place])
    }

    private mutating func take(_ word: StaticString) -> Bool {
      skipSpace()
      let count = word.utf8CodeUnitCount
      guard bytes.count - place >= count else { return false }
      for index in 0..<count where bytes[place + index] != word.utf8Start[index] { return false }
      place += count
      return true
    }

    private mutating func skipSpace() {
      while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }
  }
}
