import GenkiCore

/// What a hash that commits to weights is made of.
public struct WeightCommit: Sendable, Hashable {
  /// Who commits.
  public var hotkey: SS58Address
  /// The subnet, plus 4096 for each mechanism after the first.
  public var storageIndex: UInt16
  /// The weights.
  public var weights: [UidWeight]
  /// Random numbers, so that nobody can try weights until the hash fits.
  public var salt: [UInt16]
  /// The version key.
  public var versionKey: UInt64

  /// A commit; see the properties.
  public init(
    hotkey: SS58Address, storageIndex: UInt16, weights: [UidWeight], salt: [UInt16],
    versionKey: UInt64
  ) {
    self.hotkey = hotkey
    self.storageIndex = storageIndex
    self.weights = weights
    self.salt = salt
    self.versionKey = versionKey
  }

  /// The number under which a mechanism's weights are stored; nil if there is none.
  public static func storageIndex(netuid: UInt16, mechanism: UInt8) -> UInt16? {
    UInt16(exactly: UInt32(netuid) + 4096 * UInt32(mechanism))
  }

  /// What is hashed.
  public var preimage: [UInt8] {
    var writer = ScaleWriter()
    writer.append(hotkey.publicKey)
    writer.append(integer: storageIndex)
    for list in [weights.map(\.uid), weights.map(\.weight), salt] {
      writer.append(count: list.count)
      for number in list { writer.append(integer: number) }
    }
    writer.append(integer: versionKey)
    return writer.bytes
  }

  /// The hash that is committed.
  public var hash: ContentDigest {
    get throws { try Blake2b.digest(preimage) }
  }
}
