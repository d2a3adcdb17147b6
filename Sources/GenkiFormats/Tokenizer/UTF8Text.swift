/// Reading UTF-8 bytes one character at a time.
enum UTF8Text {
  /// The character that starts at `offset` of valid UTF-8, and its length.
  @inline(__always)
  static func scalar(_ bytes: UnsafePointer<UInt8>, _ offset: Int) -> (value: UInt32, length: Int) {
    let first = UInt32(bytes[offset])
    if first < 0x80 { return (first, 1) }
    let second = UInt32(bytes[offset + 1]) & 0x3F
    if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
    let third = UInt32(bytes[offset + 2]) & 0x3F
    if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
    let fourth = UInt32(bytes[offset + 3]) & 0x3F
    return ((first & 0x07) << 18 | second << 12 | third << 6 | fourth, 4)
  }

  /// Where the character before `offset` of valid UTF-8 starts.
  @inline(__always)
  static func start(before offset: Int, _ bytes: UnsafePointer<UInt8>) -> Int {
    var start = offset - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// Whether bytes are well-formed UTF-8.
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset < bytes.count {
      if offset + 8 <= bytes.count,
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        offset += 8
      } else if bytes[offset] < 0x80 {
        offset += 1
      } else {
        let available = UnsafeRawBufferPointer(rebasing: bytes[offset...].prefix(4))
        let expected = sequenceLength(available[0])
        guard expected > 0, validPrefixLength(available) == expected else { return false }
        offset += expected
      }
    }
    return true
  }

  /// How many bytes at the end start a character whose rest has not come yet.
  static func incompleteSuffixLength(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes { bytes in
      for length in 1...3 where length <= bytes.count {
        let suffix = UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - length)...])
        if suffix[0] & 0xC0 == 0x80 { continue }
        let expected = sequenceLength(suffix[0])
        return expected > length && validPrefixLength(suffix) == length ? length : 0
      }
      return 0
    }
  }

  /// The length that a character's first byte announces; 0 if no character starts so.
  private static func sequenceLength(_ first: UInt8) -> Int {
    switch first {
    case 0...0x7F: 1
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }

  /// How many of the bytes, which begin with a multi-byte character's first byte, belong to it.
  private static func validPrefixLength(_ bytes: UnsafeRawBufferPointer) -> Int {
    let expected = sequenceLength(bytes[0])
    guard expected > 1, bytes.count > 1 else { return expected == 0 ? 0 : 1 }
    let second: ClosedRange<UInt8> =
      switch bytes[0] {
      case 0xE0: 0xA0...0xBF
      case 0xED: 0x80...0x9F
      case 0xF0: 0x90...0xBF
      case 0xF4: 0x80...0x8F
      default: 0x80...0xBF
      }
    guard second.contains(bytes[1]) else { return 1 }
    var length = 2
    while length < min(expected, bytes.count), bytes[length] & 0xC0 == 0x80 { length += 1 }
    return length
  }
}
