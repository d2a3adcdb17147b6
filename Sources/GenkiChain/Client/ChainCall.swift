import GenkiCore

/// A call that this subnet's programs make; weights are those of the client's mechanism.
public enum ChainCall: Sendable, Hashable {
  /// Replaces the signer's commitment by these bytes, at most `Commitment.bytesMaximum`.
  case setCommitment(netuid: UInt16, bytes: [UInt8])
  /// Replaces the signer's weights.
  case setWeights(netuid: UInt16, weights: [UidWeight], versionKey: UInt64)
  /// Commits the signer to weights that are revealed later; the hash is `WeightCommit.hash`.
  case commitWeights(netuid: UInt16, hash: ContentDigest)
  /// Reveals weights that the signer has committed to, and sets them.
  case revealWeights(netuid: UInt16, weights: [UidWeight], salt: [UInt16], versionKey: UInt64)
  /// Registers a hotkey; the signer is its coldkey and pays at most so many rao.
  case register(netuid: UInt16, hotkey: SS58Address, burnMaximum: UInt64)
}

/// What a call fails with.
public struct CallFailure: Sendable, Hashable, Codable, ExpressibleByStringLiteral {
  /// The chain's own name of it.
  public var name: String
  /// The chain's own words, if it has any.
  public var text: String?

  /// A failure by the chain's name.
  public init(_ name: String, text: String? = nil) {
    self.name = name
    self.text = text
  }

  /// A failure by the chain's name.
  public init(stringLiteral name: String) { self.init(name) }
}

/// A weight vector that is committed to by its hash and not revealed.
public struct OpenWeightCommit: Sendable, Hashable {
  /// The hash.
  public var hash: ContentDigest
  /// The epoch of the commit as the chain counts: it is revealed so many epochs later as the subnet
  /// says.
  public var epoch: UInt64
  /// The block that holds the commit.
  public var block: UInt64

  /// A commit; see the properties.
  public init(hash: ContentDigest, epoch: UInt64, block: UInt64) {
    self.hash = hash
    self.epoch = epoch
    self.block = block
  }
}

/// One entry of a weight vector.
public struct UidWeight: Sendable, Hashable {
  /// The neuron's number in the subnet.
  public var uid: UInt16
  /// Its weight; the largest of a vector is 65,535.
  public var weight: UInt16

  /// One entry.
  public init(uid: UInt16, weight: UInt16) {
    self.uid = uid
    self.weight = weight
  }
}

/// A signed call, ready to be stored and then sent.
public struct Extrinsic: Sendable, Hashable {
  /// Identifies it on the chain: a hash of `bytes`.
  public var hash: ContentDigest
  /// What is sent.
  public var bytes: [UInt8]
  /// Who signed.
  public var signer: SS58Address
  /// The signer's nonce in it.
  public var nonce: UInt64
  /// After this block it can never be included.
  public var lastBlock: UInt64
  /// The runtime that it was signed for; nil on a chain whose runtime never changes.
  public var specVersion: UInt32?

  /// A signed call; see the properties.
  public init(
    hash: ContentDigest, bytes: [UInt8], signer: SS58Address, nonce: UInt64, lastBlock: UInt64,
    specVersion: UInt32? = nil
  ) {
    self.hash = hash
    self.bytes = bytes
    self.signer = signer
    self.nonce = nonce
    self.lastBlock = lastBlock
    self.specVersion = specVersion
  }
}

/// What became of an extrinsic.
public enum ExtrinsicOutcome: Sendable, Hashable {
  /// The chain has not seen it, and it can still be included.
  case unknown
  /// It waits to be included.
  case pending
  /// It is in a block; `failure` is what its call failed with.
  case included(block: BlockReference, index: UInt32, failure: CallFailure?)
  /// It is in no block and never will be.
  case expired
}
