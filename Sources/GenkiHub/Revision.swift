/// The id of a commit on a hub: 20 bytes, written as 40 hexadecimal digits. Never a branch.
public struct Revision: Sendable, Hashable, CustomStringConvertible {
  /// The number of bytes.
  public static let byteCount = 20

  /// The 20 bytes.
  public let bytes: [UInt8]

  /// An id of exactly 20 bytes; nil for any other number.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  /// An id written as 40 lower-case hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    let digits = hex.utf8.map(Self.digitValue)
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    for index in 0..<Self.byteCount {
      guard let high = digits[2 * index], let low = digits[2 * index + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// 40 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The text form.
  public var description: String { hex }

  private static func digitValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
