import GenkiCore

/// Bytes as nodes write them: `0x` and lower-case hexadecimal digits.
package enum HexBytes {
  private static let digits = Array("0123456789abcdef".utf8)

  /// The text of bytes.
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    var text = Array("0x".utf8)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes; nil for what is no such text.
  package static func bytes(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { units -> [UInt8]? in
      guard units.count >= 2, units.count % 2 == 0, units[0] == UInt8(ascii: "0"),
        units[1] == UInt8(ascii: "x")
      else { return nil }
      var bytes: [UInt8] = []
      bytes.reserveCapacity((units.count - 2) / 2)
      var index = 2
      while index < units.count {
        guard let high = value(units[index]), let low = value(units[index + 1]) else { return nil }
        bytes.append(high << 4 | low)
        index += 2
      }
      return bytes
    }
  }

  static func digest(_ text: String) -> ContentDigest? {
    bytes(text).flatMap { ContentDigest(bytes: $0) }
  }

  /// A number as block headers write it: `0x` and digits without leading zeros.
  static func number(_ text: String) -> UInt64? {
    // A sign would be taken for a part of the number.
    let digits = text.utf8.dropFirst(2)
    guard text.utf8.starts(with: "0x".utf8), digits.allSatisfy({ value($0) != nil }) else {
      return nil
    }
    return UInt64(Substring(digits), radix: 16)
  }

  @inline(__always)
  private static func value(_ unit: UInt8) -> UInt8? {
    switch unit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): unit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): unit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): unit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
