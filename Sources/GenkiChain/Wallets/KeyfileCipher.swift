import CSodium
import GenkiCore

/// The encryption of Bittensor's coldkeys: `$NACL`, a nonce of 24 bytes, and a secretbox under a key
/// that Argon2i makes of the password.
///
/// The salt is a constant of the format, so equal passwords give equal keys: Argon2i's cost is the
/// only protection of a weak password.
public enum KeyfileCipher {
  /// What Argon2i may cost.
  public struct Cost: Sendable {
    let operations: UInt64
    let memoryBytes: Int

    /// The cost that the file format prescribes: 512 MiB and tens of seconds.
    public static let sensitive = Cost(operations: 8, memoryBytes: 512 << 20)
    /// As little as the library allows, for tests of everything but the key derivation.
    package static let minimal = Cost(operations: 3, memoryBytes: 8 << 10)
  }

  /// How every encrypted file starts.
  static let header = Array("$NACL".utf8)

  private static let salt: [UInt8] = [
    0x13, 0x71, 0x83, 0xDF, 0xF1, 0x5A, 0x09, 0xBC, 0x9C, 0x90, 0xB5, 0x51, 0x87, 0x39, 0xE9, 0xB1,
  ]
  private static let nonceCount = 24
  private static let tagCount = 16

  /// Whether the bytes claim to be encrypted in this way.
  public static func isEncrypted(_ contents: SecretBytes) -> Bool {
    contents.withBytes { $0.starts(with: header) }
  }

  /// Decrypts a file's contents.
  ///
  /// - Throws: `WalletError.wrongPassword` if the authentication tag does not fit.
  public static func open(
    _ contents: SecretBytes, password: SecretBytes, path: String, cost: Cost = .sensitive
  ) throws -> SecretBytes {
    let overhead = header.count + nonceCount + tagCount
    guard contents.count > overhead else {
      throw WalletError.malformed(path: path, reason: "it is cut off after \(contents.count) bytes")
    }
    let key = try key(from: password, cost: cost)
    let boxStart = header.count + nonceCount
    return try SecretBytes(count: contents.count - overhead) { output in
      let status = contents.withPointer { input in
        key.withPointer { key in
          crypto_secretbox_open_easy(
            output, input + boxStart, UInt64(contents.count - boxStart),
            input + header.count, key)
        }
      }
      guard status == 0 else { throw WalletError.wrongPassword(path: path) }
    }
  }

  /// Encrypts a file's contents under a fresh random nonce.
  public static func seal(
    _ contents: SecretBytes, password: SecretBytes, cost: Cost = .sensitive
  ) throws -> SecretBytes {
    let key = try key(from: password, cost: cost)
    return try SecretBytes(count: header.count + nonceCount + tagCount + contents.count) { output in
      for (index, byte) in header.enumerated() { output[index] = byte }
      let nonce = output + header.count
      randombytes_buf(nonce, nonceCount)
      let status = contents.withPointer { input in
        key.withPointer { key in
          crypto_secretbox_easy(
            nonce + nonceCount, input, UInt64(contents.count), nonce, key)
        }
      }
      guard status == 0 else { throw KeyError.library("secretbox") }
    }
  }

  private static func key(from password: SecretBytes, cost: Cost) throws -> SecretBytes {
    guard sodium_init() >= 0 else { throw KeyError.library("libsodium") }
    return try SecretBytes(count: 32) { output in
      let status = password.withPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self, capacity: password.count) { characters in
          crypto_pwhash_argon2i(
            output, 32, characters, UInt64(password.count), salt, cost.operations,
            cost.memoryBytes, crypto_pwhash_argon2i_ALG_ARGON2I13)
        }
      }
      guard status == 0 else { throw WalletError.memory(bytes: cost.memoryBytes) }
    }
  }
}
