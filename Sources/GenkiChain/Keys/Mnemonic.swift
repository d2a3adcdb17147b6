import CCrypto
import CSodium

/// A BIP-39 phrase of 12 to 24 English words, and the substrate rule that makes a seed of it.
public struct Mnemonic: Sendable {
  /// How many words a fresh phrase may have.
  public static let wordCounts = [12, 15, 18, 21, 24]

  /// What the words stand for: 16 to 32 bytes.
  public let entropy: SecretBytes

  /// Fresh entropy from the system's random generator.
  ///
  /// - Throws: `KeyError.mnemonicLength` for a number of words that BIP-39 does not have.
  public static func generate(wordCount: Int = 12) throws -> Mnemonic {
    guard wordCounts.contains(wordCount) else {
      throw KeyError.mnemonicLength(words: wordCount)
    }
    guard sodium_init() >= 0 else { throw KeyError.library("libsodium") }
    let entropyCount = wordCount / 3 * 4
    return try Mnemonic(
      entropy: SecretBytes(count: entropyCount) { randombytes_buf($0, entropyCount) })
  }

  /// A phrase for given entropy of 16, 20, 24, 28 or 32 bytes.
  public init(entropy: SecretBytes) throws {
    guard (16...32).contains(entropy.count), entropy.count.isMultiple(of: 4) else {
      throw KeyError.entropyLength(bytes: entropy.count)
    }
    self.entropy = entropy
  }

  /// Reads a phrase; white space between words does not matter.
  ///
  /// - Throws: `KeyError` for a wrong number of words, an unknown word or a wrong checksum.
  public init(parsing phrase: String) throws {
    try self.init(parsing: SecretBytes(copying: phrase.utf8))
  }

  /// Reads a phrase that is wiped by its owner; white space between words does not matter.
  ///
  /// - Throws: `KeyError` for a wrong number of words, an unknown word or a wrong checksum.
  public init(parsing phrase: SecretBytes) throws {
    entropy = try phrase.withBytes { text in
      let words = text.split(whereSeparator: SecretBytes.isSpace)
      guard Self.wordCounts.contains(words.count) else {
        throw KeyError.mnemonicLength(words: words.count)
      }
      return try Self.entropy(of: words)
    }
  }

  private static func entropy(of words: [Slice<UnsafeRawBufferPointer>]) throws -> SecretBytes {
    // Eleven bits a word: the entropy, then one checksum bit for every 32 bits of it.
    let entropyCount = words.count / 3 * 4
    var bits = [UInt8](repeating: 0, count: entropyCount + 2)
    defer { wipe(&bits) }
    for (position, word) in words.enumerated() {
      // A text of so few bytes lies within its variable: no copy of it is left in memory.
      guard word.count <= wordBytesMax,
        let index = BIP39WordList.indices[Substring(String(decoding: word, as: UTF8.self))]
      else { throw KeyError.mnemonicWord(position: position + 1) }
      for bit in 0..<11 where index >> (10 - bit) & 1 == 1 {
        let place = position * 11 + bit
        bits[place / 8] |= 0x80 >> UInt8(place % 8)
      }
    }
    let read = SecretBytes(copying: bits[..<entropyCount])
    let checksumMask = UInt8(truncatingIfNeeded: 0xFF00 >> (entropyCount / 4))
    guard bits[entropyCount] == hashByte(of: read) & checksumMask else {
      throw KeyError.mnemonicChecksum
    }
    return read
  }

  /// Letters of the longest words.
  private static let wordBytesMax = 8

  /// The words. The text is not wiped from memory: use it only to show it.
  public var phrase: String {
    phraseBytes.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// The words with a space between two, wiped with their owner.
  public var phraseBytes: SecretBytes {
    var bits = [UInt8](repeating: 0, count: entropy.count + 2)
    defer { wipe(&bits) }
    entropy.withBytes { bytes in
      for (index, byte) in bytes.enumerated() { bits[index] = byte }
    }
    bits[entropy.count] = Self.hashByte(of: entropy)
    let wordCount = entropy.count / 4 * 3
    var text: [UInt8] = []
    text.reserveCapacity(wordCount * (Self.wordBytesMax + 1))
    defer { wipe(&text) }
    for position in 0..<wordCount {
      var index = 0
      for place in (position * 11)..<(position * 11 + 11) {
        index = index << 1 | Int(bits[place / 8] >> UInt8(7 - place % 8) & 1)
      }
      if position > 0 { text.append(UInt8(ascii: " ")) }
      text.append(contentsOf: BIP39WordList.words[index].utf8)
    }
    return SecretBytes(copying: text)
  }

  /// The 32-byte seed of the phrase, as substrate makes it: PBKDF2-HMAC-SHA512 over the entropy
  /// itself (BIP-39 takes the text of the words), 2,048 rounds, the first half of 64 bytes.
  public func seed(password: String = "") throws -> SecretBytes {
    let salt = Array(("mnemonic" + password).utf8)
    let long = try SecretBytes(count: 64) { output in
      let status = entropy.withPointer { secret in
        secret.withMemoryRebound(to: CChar.self, capacity: entropy.count) { secret in
          PKCS5_PBKDF2_HMAC(
            secret, Int32(entropy.count), salt, Int32(salt.count), 2048, EVP_sha512(), 64, output)
        }
      }
      guard status == 1 else { throw KeyError.library("PBKDF2") }
    }
    return long.withBytes { SecretBytes(copying: $0.prefix(32)) }
  }

  /// The first byte of the entropy's SHA-256: its high bits are the checksum.
  private static func hashByte(of entropy: SecretBytes) -> UInt8 {
    var hash = [UInt8](repeating: 0, count: 32)
    _ = entropy.withPointer { crypto_hash_sha256(&hash, $0, UInt64(entropy.count)) }
    return hash[0]
  }
}
