import CSodium

/// Secrets between bytes and text, without strings that nobody wipes.
extension SecretBytes {
  /// Reads hexadecimal digits, with or without `0x` in front; white space around them does not matter.
  ///
  /// - Returns: Nil for anything else than twice `count` digits.
  public static func hexadecimal(_ text: SecretBytes, count: Int) -> SecretBytes? {
    text.withBytes { bytes in
      let digits = trimmed(bytes[...])
      let start = digits.starts(with: "0x".utf8) ? 2 : 0
      guard digits.count - start == count * 2 else { return nil }
      var isGood = true
      let secret = SecretBytes(count: count) { output in
        for index in 0..<count {
          let place = digits.startIndex + start + 2 * index
          guard let high = digitValue(digits[place]), let low = digitValue(digits[place + 1]) else {
            isGood = false
            return
          }
          output[index] = high << 4 | low
        }
      }
      return isGood ? secret : nil
    }
  }

  /// Without the white space at both ends.
  public var trimmed: SecretBytes {
    withBytes { SecretBytes(copying: Self.trimmed($0[...])) }
  }

  private static func trimmed(
    _ bytes: Slice<UnsafeRawBufferPointer>
  ) -> Slice<UnsafeRawBufferPointer> {
    var rest = bytes.drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
    return rest
  }

  /// White space of ASCII.
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func digitValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
