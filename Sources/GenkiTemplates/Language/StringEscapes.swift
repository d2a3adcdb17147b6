/// Resolves the escapes of a string literal as Python's `unicode-escape` does.
enum StringEscapes {
  static func resolved(
    _ raw: ArraySlice<UInt8>, line: Int
  ) throws(TemplateError) -> [UInt8] {
    guard raw.contains(UInt8(ascii: "\\")) else { return Array(raw) }
    var result: [UInt8] = []
    var index = raw.startIndex
    while index < raw.endIndex {
      let byte = raw[index]
      index += 1
      guard byte == UInt8(ascii: "\\"), index < raw.endIndex else {
        result.append(byte)
        continue
      }
      let letter = raw[index]
      index += 1
      if let simple = simple(letter) {
        result.append(contentsOf: simple)
        continue
      }
      switch letter {
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = UInt32(letter - 0x30)
        var digits = 1
        while digits < 3, index < raw.endIndex, (0x30...0x37).contains(raw[index]) {
          value = value * 8 + UInt32(raw[index] - 0x30)
          index += 1
          digits += 1
        }
        try append(value, to: &result, line: line)
      case UInt8(ascii: "x"): try appendHex(2, raw, &index, &result, line)
      case UInt8(ascii: "u"): try appendHex(4, raw, &index, &result, line)
      case UInt8(ascii: "U"): try appendHex(8, raw, &index, &result, line)
      case UInt8(ascii: "N"):
        throw .unsupported(construct: "a character by its name", line: line)
      case 0x80...:
        // Python first writes what is not ASCII as an escape, whose backslash this one then is.
        let scalar = scalar(in: raw, from: index - 1)
        index = scalar.end
        result.append(UInt8(ascii: "\\"))
        result.append(contentsOf: escapeWithoutBackslash(scalar.value).utf8)
      default:
        result.append(UInt8(ascii: "\\"))
        result.append(letter)
      }
    }
    return result
  }

  private static func simple(_ letter: UInt8) -> [UInt8]? {
    switch letter {
    case UInt8(ascii: "\n"): []
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): [letter]
    case UInt8(ascii: "a"): [0x07]
    case UInt8(ascii: "b"): [0x08]
    case UInt8(ascii: "f"): [0x0C]
    case UInt8(ascii: "n"): [0x0A]
    case UInt8(ascii: "r"): [0x0D]
    case UInt8(ascii: "t"): [0x09]
    case UInt8(ascii: "v"): [0x0B]
    default: nil
    }
  }

  private static func appendHex(
    _ count: Int, _ raw: ArraySlice<UInt8>, _ index: inout Int, _ result: inout [UInt8], _ line: Int
  ) throws(TemplateError) {
    let digits = raw[index...].prefix(count)
    guard digits.count == count, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw .syntax(line: line, reason: "an escape of a string is cut short") }
    index += count
    try append(value, to: &result, line: line)
  }

  private static func append(
    _ value: UInt32, to result: inout [UInt8], line: Int
  ) throws(TemplateError) {
    guard let scalar = UnicodeScalar(value) else {
      if value > 0x10FFFF {
        throw .syntax(line: line, reason: "an escape of a string is beyond Unicode")
      }
      throw .unsupported(construct: "half of a surrogate pair in a string", line: line)
    }
    result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  private static func scalar(
    in raw: ArraySlice<UInt8>, from start: Int
  ) -> (value: UInt32, end: Int) {
    let (value, length) = PythonText.scalar(raw, start)
    return (value, start + length)
  }

  private static func escapeWithoutBackslash(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    func padded(_ width: Int) -> String {
      String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    if value < 0x100 { return "x" + padded(2) }
    return value < 0x10000 ? "u" + padded(4) : "U" + padded(8)
  }
}
