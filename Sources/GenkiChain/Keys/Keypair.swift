import CSodium

/// An sr25519 key pair: a public key, the private key and, where known, what it was made from.
public struct Keypair: Sendable {
  /// The compressed ristretto255 point, 32 bytes.
  public let publicKey: [UInt8]
  /// 64 bytes: the scalar, then the nonce half that signing mixes in.
  public let privateKey: SecretBytes
  /// The 32-byte mini secret, unless only the private key is known.
  public let seed: SecretBytes?
  /// The phrase, if the pair was made from one.
  public let mnemonic: Mnemonic?

  /// Expands a 32-byte seed.
  public init(seed: SecretBytes) throws {
    try self.init(seed: seed, mnemonic: nil)
  }

  /// The pair of a phrase without password, as Bittensor wallets use it.
  public init(mnemonic: Mnemonic) throws {
    try self.init(seed: try mnemonic.seed(), mnemonic: mnemonic)
  }

  /// A pair of which only the private key is known.
  public init(privateKey: SecretBytes) throws {
    guard privateKey.count == 64 else {
      throw KeyError.length(of: "private key", bytes: privateKey.count, expected: 64)
    }
    publicKey = try Self.publicKey(of: privateKey)
    self.privateKey = privateKey
    seed = nil
    mnemonic = nil
  }

  private init(seed: SecretBytes, mnemonic: Mnemonic?) throws {
    privateKey = try Self.expand(seed)
    publicKey = try Self.publicKey(of: privateKey)
    self.seed = seed
    self.mnemonic = mnemonic
  }

  /// The address in Bittensor's format.
  public var address: SS58Address {
    get throws { try SS58Address(publicKey: publicKey) }
  }

  /// SHA-512 of the seed; its first half, clamped as for Ed25519 and divided by the cofactor 8,
  /// is the scalar, its second half the nonce.
  private static func expand(_ seed: SecretBytes) throws -> SecretBytes {
    guard seed.count == 32 else {
      throw KeyError.length(of: "seed", bytes: seed.count, expected: 32)
    }
    return try SecretBytes(count: 64) { bytes in
      let status = seed.withPointer { crypto_hash_sha512(bytes, $0, UInt64(seed.count)) }
      guard status == 0 else { throw KeyError.library("SHA-512") }
      bytes[0] &= 248
      bytes[31] &= 63
      bytes[31] |= 64
      for index in 0..<32 {
        let next: UInt8 = index < 31 ? bytes[index + 1] : 0
        bytes[index] = bytes[index] >> 3 | next << 5
      }
    }
  }

  private static func publicKey(of privateKey: SecretBytes) throws -> [UInt8] {
    guard sodium_init() >= 0 else { throw KeyError.library("libsodium") }
    var point = [UInt8](repeating: 0, count: 32)
    let status = privateKey.withPointer { crypto_scalarmult_ristretto255_base(&point, $0) }
    guard status == 0 else { throw KeyError.invalidPrivateKey }
    return point
  }
}
