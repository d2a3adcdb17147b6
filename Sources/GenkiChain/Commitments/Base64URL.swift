/// Base64 with the alphabet of URLs and without padding (RFC 4648, section 5).
public enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let values: [UInt8: UInt32] = Dictionary(
    alphabet.enumerated().map { ($0.element, UInt32($0.offset)) }
  ) { first, _ in first }

  /// The text of some bytes.
  public static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for byte in part { word = word << 8 | UInt32(byte) }
      word <<= UInt32(8 * (3 - part.count))
      for digit in 0...part.count {
        text.append(alphabet[Int(word >> UInt32(18 - 6 * digit) & 63)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a text; nil for other characters, an impossible length, or bits that no encoder sets.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 4) {
      let part = digits[start..<min(start + 4, digits.count)]
      var word: UInt32 = 0
      for digit in part {
        guard let value = values[digit] else { return nil }
        word = word << 6 | value
      }
      let count = part.count - 1
      word <<= UInt32(6 * (4 - part.count))
      for index in 0..<count { bytes.append(UInt8(word >> UInt32(16 - 8 * index) & 255)) }
      guard word & (UInt32(1) << UInt32(24 - 8 * count) - 1) == 0 || count == 3 else { return nil }
    }
    return bytes
  }
}
