/// Base 58 with Bitcoin's alphabet, for texts and byte strings of address size.
enum Base58 {
  private static let alphabet = Array(
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
  private static let values: [UInt8: UInt8] = Dictionary(
    uniqueKeysWithValues: alphabet.enumerated().map { ($1, UInt8($0)) })

  /// Decoding takes quadratic time, so longer texts are refused.
  static let charactersMax = 128

  /// The text for these bytes; leading zero bytes become leading ones.
  static func encode(_ bytes: [UInt8]) -> String {
    var digits: [UInt8] = []  // base 58, least significant first
    for byte in bytes.drop(while: { $0 == 0 }) {
      var carry = Int(byte)
      for index in digits.indices {
        carry += Int(digits[index]) << 8
        digits[index] = UInt8(carry % 58)
        carry /= 58
      }
      while carry > 0 {
        digits.append(UInt8(carry % 58))
        carry /= 58
      }
    }
    let zeros = [UInt8](repeating: alphabet[0], count: bytes.prefix { $0 == 0 }.count)
    return String(decoding: zeros + digits.reversed().map { alphabet[Int($0)] }, as: UTF8.self)
  }

  /// The bytes of a text.
  ///
  /// - Throws: `Failure` for a foreign character or a text above `charactersMax`.
  static func decode(_ text: String) throws(Failure) -> [UInt8] {
    let characters = Array(text.utf8)
    guard characters.count <= charactersMax else { throw .tooLong }
    var bytes: [UInt8] = []  // least significant first
    for (place, character) in characters.enumerated() {
      guard let value = values[character] else { throw .character(place: place + 1) }
      var carry = Int(value)
      for index in bytes.indices {
        carry += Int(bytes[index]) * 58
        bytes[index] = UInt8(carry & 0xFF)
        carry >>= 8
      }
      while carry > 0 {
        bytes.append(UInt8(carry & 0xFF))
        carry >>= 8
      }
    }
    let zeros = [UInt8](repeating: 0, count: characters.prefix { $0 == alphabet[0] }.count)
    return zeros + bytes.reversed()
  }

  /// Why a text is not base 58.
  enum Failure: Error, Equatable {
    case tooLong
    /// The character at this place, counted in bytes from 1.
    case character(place: Int)
  }
}
