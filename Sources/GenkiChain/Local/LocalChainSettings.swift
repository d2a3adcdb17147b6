import GenkiCore

/// What a new embedded ledger is founded with; the ledger keeps it for ever.
///
/// The defaults are those of a subtensor network, except that one entry makes a weight vector.
public struct LocalChainSettings: Sendable, Hashable {
  /// The most members that a subnet of the embedded chain can have, whatever `maximumUids` says.
  public static let uidsLimit: UInt16 = 1024

  /// Blocks between epochs, less one.
  public var tempo: UInt16 = 360
  /// Blocks that a validator waits between two weight vectors.
  public var weightsRateLimit: UInt64 = 100
  /// Entries that a weight vector has at least.
  public var minimumWeights: UInt16 = 1
  /// Members that the subnet has at most.
  public var maximumUids: UInt16 = 256
  /// Members with a validator permit at most.
  public var maximumValidators: UInt16 = 128
  /// Blocks during which a new member cannot lose its place.
  public var immunityPeriod: UInt64 = 4096
  /// Blocks after its last weights when a validator no longer counts.
  public var activityCutoff: UInt64 = 5000
  /// The share of stake that makes consensus, of 65,535.
  public var kappa: UInt16 = 32767
  /// How much of the old bonds an epoch keeps, of 1,000,000.
  public var bondsMovingAverage: UInt64 = 900_000
  /// How much of a weight above consensus the bonds lose, of 65,535.
  public var bondsPenalty: UInt16 = 65535
  /// The stake below which nobody may set weights, in rao.
  public var stakeThreshold: UInt64 = 0
  /// The lowest version key that is accepted; 0 accepts all.
  public var weightsVersionKey: UInt64 = 0
  /// The largest share of a vector's sum that one entry may have, of 65,535.
  public var maximumWeightLimit: UInt16 = 65535
  /// What a registration costs, in rao.
  public var burn: UInt64 = 100_000_000
  /// What an account holds when it appears for the first time, in rao.
  public var genesisBalance: UInt64 = 1_000_000_000_000
  /// What one epoch shares out, in rao: 82% of 361 blocks of one TAO.
  public var emissionPerEpoch: UInt64 = 296_020_000_000
  /// Whether weights must be committed to by their hash first and revealed later.
  public var commitRevealEnabled = false
  /// Epochs from a commit to its reveal.
  public var revealPeriodEpochs: UInt64 = 1

  /// The defaults.
  public init() {}

  /// What `Chain.subnet` answers.
  public var subnet: SubnetSettings {
    SubnetSettings(
      tempo: tempo, weightsRateLimit: weightsRateLimit, minimumWeights: minimumWeights,
      weightsVersionKey: weightsVersionKey, maximumWeightLimit: maximumWeightLimit,
      stakeThreshold: stakeThreshold, isCommitRevealOn: commitRevealEnabled,
      revealPeriodEpochs: revealPeriodEpochs, burn: burn,
      memberMaximum: min(maximumUids, Self.uidsLimit))
  }

  /// The form in which the ledger keeps the settings and the genesis hash covers them.
  package var encoded: [UInt8] {
    var writer = ScaleWriter()
    for value in [tempo, minimumWeights, maximumUids, maximumValidators] {
      writer.append(integer: value)
    }
    for value in [kappa, bondsPenalty, maximumWeightLimit] { writer.append(integer: value) }
    for value in [weightsRateLimit, immunityPeriod, activityCutoff, bondsMovingAverage] {
      writer.append(integer: value)
    }
    for value in [stakeThreshold, weightsVersionKey, burn, genesisBalance, emissionPerEpoch] {
      writer.append(integer: value)
    }
    writer.append(integer: revealPeriodEpochs)
    writer.append(bool: commitRevealEnabled)
    return writer.bytes
  }

  /// Reads `encoded`; nil for anything else.
  package init?(encoded: [UInt8]) {
    var reader = ScaleReader(encoded)
    guard let short = try? (0..<7).map({ _ in try reader.integer(UInt16.self) }),
      let long = try? (0..<10).map({ _ in try reader.integer(UInt64.self) }),
      let isCommitRevealOn = try? reader.bool(), reader.isAtEnd
    else { return nil }
    (tempo, minimumWeights, maximumUids) = (short[0], short[1], short[2])
    (maximumValidators, kappa, bondsPenalty) = (short[3], short[4], short[5])
    maximumWeightLimit = short[6]
    (weightsRateLimit, immunityPeriod, activityCutoff) = (long[0], long[1], long[2])
    (bondsMovingAverage, stakeThreshold, weightsVersionKey) = (long[3], long[4], long[5])
    (burn, genesisBalance, emissionPerEpoch) = (long[6], long[7], long[8])
    (revealPeriodEpochs, commitRevealEnabled) = (long[9], isCommitRevealOn)
  }
}
