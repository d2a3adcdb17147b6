/// Takes values off the front of bytes in SCALE form.
///
/// Nothing is read past the end, only canonical compact numbers are accepted, and a count is compared
/// with the bytes that remain before anything is allocated for it.
public struct ScaleReader: Sendable {
  private let bytes: [UInt8]
  private let end: Int
  private var place: Int

  /// Reads all of the bytes.
  public init(_ bytes: [UInt8]) {
    (self.bytes, place, end) = (bytes, 0, bytes.count)
  }

  /// Reads a part of an array; offsets count from the part's start.
  public init(_ slice: ArraySlice<UInt8>) {
    self.init(Array(slice))
  }

  /// How many bytes have been read.
  public var offset: Int { place }
  /// How many bytes are left.
  public var remaining: Int { end - place }
  /// Whether all bytes have been read.
  public var isAtEnd: Bool { place == end }

  /// One byte.
  public mutating func byte(_ expected: String = "a byte") throws(ScaleError) -> UInt8 {
    guard place < end else { throw .endsEarly(offset: offset, expected: expected) }
    defer { place += 1 }
    return bytes[place]
  }

  /// So many bytes.
  public mutating func take(
    _ count: Int, _ expected: String = "bytes"
  ) throws(ScaleError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw .endsEarly(offset: offset, expected: "\(count) \(expected)")
    }
    defer { place += count }
    return bytes[place..<(place + count)]
  }

  /// A number of fixed width, little-endian.
  public mutating func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self
  ) throws(ScaleError) -> Value {
    let count = MemoryLayout<Value>.size
    guard count <= remaining else {
      throw .endsEarly(offset: offset, expected: "a number of \(count) bytes")
    }
    let value = bytes.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Value.self))
    }
    place += count
    return value
  }

  /// A truth value: 0 or 1.
  public mutating func bool() throws(ScaleError) -> Bool {
    let start = offset
    switch try byte("a truth value") {
    case 0: return false
    case 1: return true
    case let other:
      throw .unexpected(offset: start, expected: "0 or 1", found: "byte \(other)")
    }
  }

  /// The first byte of an optional value: whether a value follows.
  public mutating func option() throws(ScaleError) -> Bool {
    let start = offset
    switch try byte("an optional value") {
    case 0: return false
    case 1: return true
    case let other:
      throw .unexpected(
        offset: start, expected: "0 (none) or 1 (a value)", found: "byte \(other)")
    }
  }

  /// A compact number; forms longer than needed are refused.
  public mutating func compact() throws(ScaleError) -> UInt128 {
    let start = offset
    let first = try byte("a compact number")
    switch first & 3 {
    case 0: return UInt128(first >> 2)
    case 1:
      place -= 1
      let value = try integer(UInt16.self) >> 2
      guard value >= 1 << 6 else { throw Self.notCanonical(start) }
      return UInt128(value)
    case 2:
      place -= 1
      let value = try integer(UInt32.self) >> 2
      guard value >= 1 << 14 else { throw Self.notCanonical(start) }
      return UInt128(value)
    default: return try bigCompact(count: Int(first >> 2) + 4, start: start)
    }
  }

  private mutating func bigCompact(count: Int, start: Int) throws(ScaleError) -> UInt128 {
    guard count <= 16 else {
      throw .unexpected(
        offset: start, expected: "a compact number of at most 16 bytes", found: "\(count) bytes")
    }
    var value: UInt128 = 0
    for (index, byte) in try take(count, "bytes of a compact number").enumerated() {
      value |= UInt128(byte) << UInt128(8 * index)
    }
    guard value >> UInt128(8 * (count - 1)) != 0, value >= 1 << 30 else {
      throw Self.notCanonical(start)
    }
    return value
  }

  /// A count of items, each of at least so many bytes: never more than the remaining bytes can hold.
  public mutating func count(
    itemBytes: Int = 1, _ items: String = "items"
  ) throws(ScaleError) -> Int {
    let start = offset
    let value = try compact()
    guard value <= UInt128(remaining / max(itemBytes, 1)) else {
      throw .endsEarly(offset: start, expected: "\(value) \(items)")
    }
    return Int(value)
  }

  /// Counted bytes.
  public mutating func countedBytes() throws(ScaleError) -> [UInt8] {
    let count = try count("bytes")
    return Array(try take(count))
  }

  /// Counted UTF-8 text.
  public mutating func text() throws(ScaleError) -> String {
    let count = try count("bytes of text")
    let start = offset
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw .unexpected(offset: start, expected: "UTF-8 text", found: "other bytes")
    }
    return text
  }

  /// Skips counted UTF-8 text without looking at it.
  mutating func skipText() throws(ScaleError) {
    place += try count("bytes of text")
  }

  /// Refuses bytes that are left over.
  public func finish() throws(ScaleError) {
    guard isAtEnd else { throw .trailing(offset: offset, bytes: remaining) }
  }

  private static func notCanonical(_ offset: Int) -> ScaleError {
    .unexpected(
      offset: offset, expected: "a compact number in its shortest form", found: "a longer form")
  }
}
