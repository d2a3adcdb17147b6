import GenkiCore

/// A block by number and hash.
public struct BlockReference: Sendable, Hashable {
  /// Counted from the genesis block, which is 0.
  public var number: UInt64
  /// The block's hash.
  public var hash: ContentDigest

  /// A block by number and hash.
  public init(number: UInt64, hash: ContentDigest) {
    self.number = number
    self.hash = hash
  }
}

/// A call that this subnet's programs make.
public enum ChainCall: Sendable, Hashable {
  /// Replaces the signer's commitment by these bytes, at most `Commitment.bytesMaximum`.
  case setCommitment(netuid: UInt16, bytes: [UInt8])
  /// Replaces the signer's weights.
  case setWeights(netuid: UInt16, weights: [UidWeight], versionKey: UInt64)
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

  /// A signed call; see the properties.
  public init(
    hash: ContentDigest, bytes: [UInt8], signer: SS58Address, nonce: UInt64, lastBlock: UInt64
  ) {
    self.hash = hash
    self.bytes = bytes
    self.signer = signer
    self.nonce = nonce
    self.lastBlock = lastBlock
  }
}

/// What became of an extrinsic.
public enum ExtrinsicOutcome: Sendable, Hashable {
  /// The chain has not seen it, and it can still be included.
  case unknown
  /// It waits to be included.
  case pending
  /// It is in a block; `failure` is the chain's name of what its call failed with.
  case included(block: BlockReference, index: UInt32, failure: String?)
  /// It is in no block and never will be.
  case expired
}

/// A commitment in force.
public struct CommitmentRecord: Sendable, Hashable {
  /// Who made it.
  public var hotkey: SS58Address
  /// The block that holds it.
  public var block: UInt64
  /// The index of its extrinsic in the block.
  public var extrinsicIndex: UInt32
  /// What it says; hostile, at most `Commitment.bytesMaximum` bytes.
  public var bytes: [UInt8]

  /// A commitment; see the properties.
  public init(hotkey: SS58Address, block: UInt64, extrinsicIndex: UInt32, bytes: [UInt8]) {
    self.hotkey = hotkey
    self.block = block
    self.extrinsicIndex = extrinsicIndex
    self.bytes = bytes
  }
}

/// The settings of a subnet that matter to its members.
public struct SubnetSettings: Sendable, Hashable {
  /// Blocks between epochs, less one.
  public var tempo: UInt16
  /// Blocks that a validator waits between two weight vectors.
  public var weightsRateLimit: UInt64
  /// Entries that a weight vector has at least.
  public var minimumWeights: UInt16
  /// The lowest version key that is accepted.
  public var weightsVersionKey: UInt64
  /// The largest share of a vector's sum that one entry may have, of 65,535.
  public var maximumWeightLimit: UInt16
  /// The stake below which nobody may set weights, in rao.
  public var stakeThreshold: UInt64

  /// Settings; see the properties.
  public init(
    tempo: UInt16, weightsRateLimit: UInt64, minimumWeights: UInt16, weightsVersionKey: UInt64,
    maximumWeightLimit: UInt16, stakeThreshold: UInt64
  ) {
    self.tempo = tempo
    self.weightsRateLimit = weightsRateLimit
    self.minimumWeights = minimumWeights
    self.weightsVersionKey = weightsVersionKey
    self.maximumWeightLimit = maximumWeightLimit
    self.stakeThreshold = stakeThreshold
  }

  /// The number of the epoch that a block belongs to: `(block + netuid + 1) / (tempo + 1)`.
  public func epoch(of block: UInt64, netuid: UInt16) -> UInt64 {
    (block + UInt64(netuid) + 1) / (UInt64(tempo) + 1)
  }
}

/// One member of a subnet.
public struct Neuron: Sendable, Hashable {
  /// Its number.
  public var uid: UInt16
  /// Its hotkey.
  public var hotkey: SS58Address
  /// The key that owns the hotkey.
  public var coldkey: SS58Address
  /// Stake in rao.
  public var stake: UInt64
  /// May it set weights?
  public var hasValidatorPermit: Bool
  /// The block of its last weights, or of its registration.
  public var lastUpdate: UInt64
  /// The block of its registration.
  public var registeredAt: UInt64
  /// Of 65,535.
  public var incentive: UInt16
  /// Of 65,535.
  public var dividends: UInt16
  /// Of 65,535.
  public var consensus: UInt16
  /// Of 65,535.
  public var validatorTrust: UInt16
  /// Its share of the last epoch's emission, in rao.
  public var emission: UInt64
  /// The weights that it has set.
  public var weights: [UidWeight]

  /// A member; what no epoch has computed yet is 0.
  public init(
    uid: UInt16, hotkey: SS58Address, coldkey: SS58Address, stake: UInt64,
    hasValidatorPermit: Bool, lastUpdate: UInt64, registeredAt: UInt64, incentive: UInt16 = 0,
    dividends: UInt16 = 0, consensus: UInt16 = 0, validatorTrust: UInt16 = 0, emission: UInt64 = 0,
    weights: [UidWeight] = []
  ) {
    self.uid = uid
    self.hotkey = hotkey
    self.coldkey = coldkey
    self.stake = stake
    self.hasValidatorPermit = hasValidatorPermit
    self.lastUpdate = lastUpdate
    self.registeredAt = registeredAt
    self.incentive = incentive
    self.dividends = dividends
    self.consensus = consensus
    self.validatorTrust = validatorTrust
    self.emission = emission
    self.weights = weights
  }
}

/// The members of a subnet in the state of one block, in the order of uids.
public struct Metagraph: Sendable, Hashable {
  /// The block.
  public var block: BlockReference
  /// The members.
  public var neurons: [Neuron]

  /// The members in the state of a block.
  public init(block: BlockReference, neurons: [Neuron]) {
    self.block = block
    self.neurons = neurons
  }

  /// The member with a hotkey.
  public func neuron(of hotkey: SS58Address) -> Neuron? {
    neurons.first { $0.hotkey == hotkey }
  }
}
