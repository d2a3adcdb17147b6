import CSodium

/// A public key of 32 bytes with the number of the network it is written for, in the SS58 text form.
public struct SS58Address: Hashable, Sendable, CustomStringConvertible {
  /// The network format of Bittensor, and of substrate chains in general.
  public static let bittensorFormat: UInt16 = 42
  /// The largest format that the two-byte prefix can hold.
  public static let formatMax: UInt16 = 16383

  /// 32 bytes.
  public let publicKey: [UInt8]
  /// 0 to 16383.
  public let format: UInt16

  /// An address for a key.
  ///
  /// - Throws: `KeyError` if the key has not 32 bytes or the format is above 16383.
  public init(publicKey: [UInt8], format: UInt16 = bittensorFormat) throws {
    guard publicKey.count == 32 else {
      throw KeyError.length(of: "public key", bytes: publicKey.count, expected: 32)
    }
    guard format <= Self.formatMax else {
      throw KeyError.address("format \(format)", reason: "the largest format is \(Self.formatMax)")
    }
    self.publicKey = publicKey
    self.format = format
  }

  /// Reads an address of any format.
  ///
  /// - Throws: `KeyError.address` with the reason.
  public init(parsing text: String) throws {
    func refusal(_ reason: String) -> KeyError {
      .address(String(text.prefix(80)), reason: reason)
    }
    guard !text.isEmpty else { throw refusal("it is empty") }
    let bytes: [UInt8]
    do {
      bytes = try Base58.decode(text)
    } catch .tooLong {
      throw refusal("it is too long")
    } catch .character(let place) {
      throw refusal("character \(place) is not in the base-58 alphabet")
    }
    guard let first = bytes.first else { throw refusal("it is empty") }
    let prefixCount = first < 64 ? 1 : 2
    guard first < 128 else { throw refusal("its prefix byte \(first) is reserved") }
    guard bytes.count == prefixCount + 32 + Self.checksumCount else {
      let expected = prefixCount + 32 + Self.checksumCount
      throw refusal("it holds \(bytes.count) bytes instead of \(expected)")
    }
    let payload = Array(bytes.dropLast(Self.checksumCount))
    guard try Self.checksum(of: payload) == Array(bytes.suffix(Self.checksumCount)) else {
      throw refusal("its checksum is wrong; a character may be mistyped")
    }
    if prefixCount == 1 {
      format = UInt16(first)
    } else {
      let low = (first << 2) | (bytes[1] >> 6)
      format = UInt16(low) | UInt16(bytes[1] & 0x3F) << 8
      guard format >= 64 else { throw refusal("format \(format) is written in two bytes") }
    }
    publicKey = Array(payload.dropFirst(prefixCount))
  }

  /// Reads an address of Bittensor's format and refuses all others.
  public static func bittensor(_ text: String) throws -> SS58Address {
    let address = try SS58Address(parsing: text)
    guard address.format == bittensorFormat else {
      throw KeyError.addressFormat(text, format: address.format)
    }
    return address
  }

  /// The text form.
  public var description: String {
    let payload = prefix + publicKey
    // Hashing a few dozen bytes has no way to fail once the library is set up.
    let checksum = (try? Self.checksum(of: payload)) ?? [0, 0]
    return Base58.encode(payload + checksum)
  }

  private static let checksumCount = 2

  private var prefix: [UInt8] {
    if format < 64 { return [UInt8(format)] }
    let first = UInt8((format & 0b1111_1100) >> 2) | 0x40
    let second = UInt8(format >> 8) | UInt8(format & 0b11) << 6
    return [first, second]
  }

  private static func checksum(of payload: [UInt8]) throws -> [UInt8] {
    let message = Array("SS58PRE".utf8) + payload
    var hash = [UInt8](repeating: 0, count: 64)
    let status = crypto_generichash_blake2b(
      &hash, hash.count, message, UInt64(message.count), nil, 0)
    guard status == 0 else { throw KeyError.library("BLAKE2b") }
    return Array(hash.prefix(checksumCount))
  }
}
