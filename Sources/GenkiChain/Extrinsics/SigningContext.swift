import GenkiCore

/// What an extrinsic is bound to besides its call.
public struct SigningContext: Sendable, Hashable {
  /// The runtime's `specVersion`.
  public var specVersion: UInt32
  /// The runtime's `transactionVersion`.
  public var transactionVersion: UInt32
  /// The hash of block 0.
  public var genesis: ContentDigest
  /// The blocks in which it is valid.
  public var era: Era
  /// The hash of the block that the era begins with; the genesis hash for the immortal era.
  public var eraBlock: ContentDigest
  /// The signer's count of extrinsics so far.
  public var nonce: UInt64
  /// What the signer pays for precedence, in rao.
  public var tip: UInt128

  /// A context; see the properties.
  public init(
    specVersion: UInt32, transactionVersion: UInt32, genesis: ContentDigest, era: Era,
    eraBlock: ContentDigest, nonce: UInt64, tip: UInt128 = 0
  ) {
    self.specVersion = specVersion
    self.transactionVersion = transactionVersion
    self.genesis = genesis
    self.era = era
    self.eraBlock = eraBlock
    self.nonce = nonce
    self.tip = tip
  }
}
