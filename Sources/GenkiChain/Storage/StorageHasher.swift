/// What a part of a storage key goes through; the raw value is its number in metadata.
public enum StorageHasher: UInt8, Sendable, Hashable {
  case blake2b128, blake2b256, blake2b128Concat, twox128, twox256, twox64Concat, identity

  /// Whether the part can be read back out of a key.
  public var isReversible: Bool {
    switch self {
    case .blake2b128Concat, .twox64Concat, .identity: true
    case .blake2b128, .blake2b256, .twox128, .twox256: false
    }
  }

  /// Bytes of the hash, before the part itself where it follows.
  public var hashByteCount: Int {
    switch self {
    case .identity: 0
    case .twox64Concat: 8
    case .blake2b128, .blake2b128Concat, .twox128: 16
    case .blake2b256, .twox256: 32
    }
  }

  /// The part as it stands in a key.
  public func key(_ part: [UInt8]) throws -> [UInt8] {
    switch self {
    case .identity: part
    case .blake2b128, .blake2b256: try Blake2b.hash(part, count: hashByteCount)
    case .blake2b128Concat: try Blake2b.hash(part, count: hashByteCount) + part
    case .twox128, .twox256: Self.twox(part, count: hashByteCount)
    case .twox64Concat: Self.twox(part, count: hashByteCount) + part
    }
  }

  /// As many xxHash64 values beside each other, with seeds 0, 1, … , as give the bytes.
  public static func twox(_ bytes: [UInt8], count: Int) -> [UInt8] {
    var writer = ScaleWriter()
    for seed in 0..<UInt64(count / 8) {
      writer.append(integer: XXHash64.hash(bytes, seed: seed))
    }
    return writer.bytes
  }
}
