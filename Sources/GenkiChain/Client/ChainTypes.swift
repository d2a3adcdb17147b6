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

/// A commitment in force.
public struct CommitmentRecord: Sendable, Hashable {
  /// Who made it.
  public var hotkey: SS58Address
  /// The block that holds it.
  public var block: UInt64
  /// The index of its extrinsic in the block; nil if it was not looked for.
  public var extrinsicIndex: UInt32?
  /// What it says; hostile, at most `Commitment.bytesMaximum` bytes.
  public var bytes: [UInt8]

  /// A commitment; see the properties.
  public init(hotkey: SS58Address, block: UInt64, extrinsicIndex: UInt32?, bytes: [UInt8]) {
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
  /// Whether weights must be committed to by their hash first and revealed later.
  public var isCommitRevealOn: Bool
  /// Epochs from a commit to its reveal.
  public var revealPeriodEpochs: UInt64
  /// The chain's own number of the epoch; nil on a chain that counts by blocks.
  public var epochIndex: UInt64?
  /// What a registration costs now, in rao.
  public var burn: UInt64
  /// Members at most.
  public var memberMaximum: UInt16
  /// The owner's hotkey, which may set weights without stake and permit.
  public var ownerHotkey: SS58Address?

  /// Settings; see the properties.
  public init(
    tempo: UInt16, weightsRateLimit: UInt64, minimumWeights: UInt16, weightsVersionKey: UInt64,
    maximumWeightLimit: UInt16, stakeThreshold: UInt64, isCommitRevealOn: Bool = false,
    revealPeriodEpochs: UInt64 = 1, epochIndex: UInt64? = nil, burn: UInt64 = 0,
    memberMaximum: UInt16 = 256, ownerHotkey: SS58Address? = nil
  ) {
    self.tempo = tempo
    self.weightsRateLimit = weightsRateLimit
    self.minimumWeights = minimumWeights
    self.weightsVersionKey = weightsVersionKey
    self.maximumWeightLimit = maximumWeightLimit
    self.stakeThreshold = stakeThreshold
    self.isCommitRevealOn = isCommitRevealOn
    self.revealPeriodEpochs = revealPeriodEpochs
    self.epochIndex = epochIndex
    self.burn = burn
    self.memberMaximum = memberMaximum
    self.ownerHotkey = ownerHotkey
  }

  /// The number of the epoch that a block belongs to: the chain's own if it has one, which is that
  /// of the block whose state these settings are of; else `(block + netuid + 1) / (tempo + 1)`.
  public func epoch(of block: UInt64, netuid: UInt16) -> UInt64 {
    if let epochIndex { return epochIndex }
    // A node may name any block.
    let (shifted, isTooMuch) = block.addingReportingOverflow(UInt64(netuid) + 1)
    return (isTooMuch ? .max : shifted) / (UInt64(tempo) + 1)
  }

  /// Blocks from a block to the first of the next epoch; nil on a chain that has its own schedule.
  public func blocksToNextEpoch(from block: UInt64, netuid: UInt16) -> UInt64? {
    let length = UInt64(tempo) + 1
    return epochIndex == nil ? length - (block + UInt64(netuid) + 1) % length : nil
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
