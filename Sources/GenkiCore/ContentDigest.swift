/// A SHA-256 digest.
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
  /// The number of bytes of a digest.
  public static let byteCount = 32

  private let storage: SIMD32<UInt8>

  /// A digest of exactly 32 bytes; nil for any other number.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var storage = SIMD32<UInt8>()
    for (index, byte) in bytes.enumerated() { storage[index] = byte }
    self.storage = storage
  }

  /// A digest written as 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    let digits = hex.utf8.map(Self.digitValue)
    guard digits.count == 2 * Self.byteCount else { return nil }
    var storage = SIMD32<UInt8>()
    for index in 0..<Self.byteCount {
      guard let high = digits[2 * index], let low = digits[2 * index + 1] else { return nil }
      storage[index] = high << 4 | low
    }
    self.storage = storage
  }

  init(storage: SIMD32<UInt8>) { self.storage = storage }

  /// The 32 bytes.
  public var bytes: [UInt8] { storage.indices.map { storage[$0] } }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The text form.
  public var description: String { hex }

  private static func digitValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
