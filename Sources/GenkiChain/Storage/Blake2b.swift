import CSodium
import GenkiCore

/// BLAKE2b without a key, by libsodium.
public enum Blake2b {
  /// A digest of 16 to 64 bytes.
  ///
  /// - Throws: `KeyError.library` if libsodium refuses to work.
  public static func hash(_ bytes: [UInt8], count: Int) throws -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: min(max(count, 16), 64))
    let status = crypto_generichash_blake2b(
      &digest, digest.count, bytes, UInt64(bytes.count), nil, 0)
    guard status == 0 else { throw KeyError.library("BLAKE2b") }
    return digest
  }

  /// A digest of 32 bytes: the hash of blocks, extrinsics and long payloads.
  public static func digest(_ bytes: [UInt8]) throws -> ContentDigest {
    guard let digest = ContentDigest(bytes: try hash(bytes, count: 32)) else {
      throw KeyError.library("BLAKE2b")
    }
    return digest
  }
}
