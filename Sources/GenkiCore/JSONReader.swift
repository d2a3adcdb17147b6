/// Reads a JSON text from front to back without building a tree.
///
/// Strict: RFC 8259, UTF-8 without a byte order mark, no control characters in strings, no lone
/// surrogates, bounded depth. The reader looks at bytes in place; it is valid only as long as they are.
public struct JSONReader {
  /// What kind of value comes next.
  public enum Kind: Sendable {
    case object, array, string, number, bool, null
  }

  let bytes: UnsafeRawBufferPointer
  let source: String
  /// Where the next byte is read.
  public internal(set) var offset = 0
  private var depthLeft: Int
  private var valuesLeft: Int

  /// A reader at the start of a text that `source` names in errors.
  public init(_ bytes: UnsafeRawBufferPointer, source: String, limits: JSONLimits = .default) {
    self.bytes = bytes
    self.source = source
    depthLeft = limits.depth
    valuesLeft = limits.values
  }

  /// The kind of the next value, which is left unread.
  public mutating func peek() throws -> Kind {
    skipBlanks()
    guard offset < bytes.count else { throw error(.unexpectedEnd) }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    default: throw error(.expectedValue)
    }
  }

  /// Reads an object; `body` is called with each key and must read its value.
  public mutating func readObject(_ body: (inout JSONReader, String) throws -> Void) throws {
    guard try peek() == .object else { throw error(.expectedObject) }
    try enter()
    skipBlanks()
    if take(UInt8(ascii: "}")) {
      leave()
      return
    }
    while true {
      skipBlanks()
      guard offset < bytes.count else { throw error(.unexpectedEnd) }
      guard bytes[offset] == UInt8(ascii: "\"") else {
        throw error(bytes[offset] == UInt8(ascii: "}") ? .trailingComma : .expectedKey)
      }
      let key = try readString()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else {
        throw error(offset < bytes.count ? .expectedColon : .unexpectedEnd)
      }
      try body(&self, key)
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else {
        throw error(offset < bytes.count ? .expectedCommaOrEnd : .unexpectedEnd)
      }
      leave()
      return
    }
  }

  /// Reads an array; `body` is called before each element and must read it.
  public mutating func readArray(_ body: (inout JSONReader) throws -> Void) throws {
    guard try peek() == .array else { throw error(.expectedArray) }
    try enter()
    skipBlanks()
    if take(UInt8(ascii: "]")) {
      leave()
      return
    }
    while true {
      try body(&self)
      skipBlanks()
      if take(UInt8(ascii: ",")) {
        skipBlanks()
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "]") { throw error(.trailingComma) }
        continue
      }
      guard take(UInt8(ascii: "]")) else {
        throw error(offset < bytes.count ? .expectedCommaOrEnd : .unexpectedEnd)
      }
      leave()
      return
    }
  }

  /// Reads `true` or `false`.
  public mutating func readBool() throws -> Bool {
    skipBlanks()
    if offset < bytes.count, bytes[offset] == UInt8(ascii: "t") {
      try readWord("true")
      return true
    }
    try readWord("false")
    return false
  }

  /// Reads `null`.
  public mutating func readNull() throws {
    skipBlanks()
    try readWord("null")
  }

  /// Reads any value and forgets it, with every check that reading it would make.
  public mutating func skipValue() throws {
    switch try peek() {
    case .object: try readObject { reader, _ in try reader.skipValue() }
    case .array: try readArray { reader in try reader.skipValue() }
    case .string: _ = try readString()
    case .number: _ = try readNumber()
    case .bool: _ = try readBool()
    case .null: try readNull()
    }
  }

  /// Checks that only white space is left.
  public mutating func finish() throws {
    skipBlanks()
    guard offset == bytes.count else { throw error(.trailingCharacters) }
  }

  /// An error at the current place.
  public func error(_ problem: JSONProblem) -> JSONError {
    let end = min(offset, bytes.count)
    var line = 1
    var lineStart = 0
    for index in 0..<end where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
    }
    return .invalid(
      source: source, offset: end, line: line, column: end - lineStart + 1, problem: problem)
  }

  mutating func countValue() throws {
    valuesLeft -= 1
    guard valuesLeft >= 0 else { throw error(.tooManyValues) }
  }

  @inline(__always)
  mutating func skipBlanks() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }

  @inline(__always)
  private mutating func take(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  private mutating func enter() throws {
    try countValue()
    guard depthLeft > 0 else { throw error(.tooDeep) }
    depthLeft -= 1
    offset += 1
  }

  private mutating func leave() { depthLeft += 1 }

  private mutating func readWord(_ word: StaticString) throws {
    try countValue()
    for index in 0..<word.utf8CodeUnitCount {
      guard offset < bytes.count else { throw error(.unexpectedEnd) }
      guard bytes[offset] == word.utf8Start[index] else { throw error(.expectedValue) }
      offset += 1
    }
  }
}
