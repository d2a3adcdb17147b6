/// What Python knows of code points, on UTF-8.
enum PythonText {
  /// Whether `strip` and `split` take a code point for white space; the set of `str.isspace`.
  static func isBlank(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// Whether `splitlines` breaks at a code point.
  static func isLineBreak(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// The code point that begins at `index`, and its bytes; the text is valid UTF-8.
  static func scalar(_ bytes: [UInt8], _ index: Int) -> (value: UInt32, length: Int) {
    scalar(bytes[...], index)
  }

  static func scalar(_ bytes: ArraySlice<UInt8>, _ index: Int) -> (value: UInt32, length: Int) {
    let first = bytes[index]
    if first < 0x80 { return (UInt32(first), 1) }
    let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard index + length <= bytes.endIndex else { return (0xFFFD, bytes.endIndex - index) }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset]) & 0x3F }
    return (value, length)
  }

  static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  /// Where the code point that ends at `end` begins.
  static func startOfScalar(endingAt end: Int, _ bytes: [UInt8]) -> Int {
    var start = end - 1
    while start > 0, isContinuation(bytes[start]) { start -= 1 }
    return start
  }

  static func startWithoutBlanks(_ bytes: [UInt8], _ lower: Int, _ upper: Int) -> Int {
    var index = lower
    while index < upper {
      let (value, length) = scalar(bytes, index)
      guard isBlank(value) else { break }
      index += length
    }
    return index
  }

  static func endWithoutBlanks(_ bytes: [UInt8], _ lower: Int, _ upper: Int) -> Int {
    var end = upper
    while end > lower {
      let start = startOfScalar(endingAt: end, bytes)
      guard isBlank(scalar(bytes, start).value) else { break }
      end = start
    }
    return end
  }

  /// How many code points a text has.
  static func length(_ bytes: [UInt8]) -> Int {
    var count = 0
    for byte in bytes where !isContinuation(byte) { count += 1 }
    return count
  }

  /// The byte at which the code point of a number begins, from 0; the end if there are fewer.
  static func offset(of number: Int, in bytes: [UInt8], isASCII: Bool) -> Int {
    if isASCII { return min(number, bytes.count) }
    var left = number
    var index = 0
    while index < bytes.count {
      if left == 0 { return index }
      index += scalar(bytes, index).length
      left -= 1
    }
    return index
  }

  /// The scalars of a text.
  static func scalars(_ bytes: [UInt8]) -> [UnicodeScalar] {
    var result: [UnicodeScalar] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let (value, length) = scalar(bytes, index)
      result.append(UnicodeScalar(value) ?? "\u{FFFD}")
      index += length
    }
    return result
  }

  /// The text as `int` and `float` read it: the decimal digits of all scripts are ASCII's.
  static func withASCIIDigits(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let (value, length) = scalar(bytes, index)
      if value >= 0x80, let properties = UnicodeScalar(value)?.properties,
        properties.numericType == .decimal, let number = properties.numericValue
      {
        result.append(0x30 + UInt8(min(max(number, 0), 9)))
      } else {
        result.append(contentsOf: bytes[index..<(index + length)])
      }
      index += length
    }
    return result
  }

  static func append(_ scalar: UnicodeScalar, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }
}
