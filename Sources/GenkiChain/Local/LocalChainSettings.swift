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

  /// The defaults.
  public init() {}

  /// What `Chain.subnet` answers.
  public var subnet: SubnetSettings {
    SubnetSettings(
      tempo: tempo, weightsRateLimit: weightsRateLimit, minimumWeights: minimumWeights,
      weightsVersionKey: weightsVersionKey, maximumWeightLimit: maximumWeightLimit,
      stakeThreshold: stakeThreshold)
  }

  /// The form in which the ledger keeps the settings and the genesis hash covers them.
  package var encoded: [UInt8] {
    var bytes = LedgerBytes.Writer()
    for value in [tempo, minimumWeights, maximumUids, maximumValidators] { bytes.append(value) }
    for value in [kappa, bondsPenalty, maximumWeightLimit] { bytes.append(value) }
    for value in [weightsRateLimit, immunityPeriod, activityCutoff, bondsMovingAverage] {
      bytes.append(value)
    }
    for value in [stakeThreshold, weightsVersionKey, burn, genesisBalance, emissionPerEpoch] {
      bytes.append(value)
    }
    return bytes.bytes
  }

  /// Reads `encoded`; nil for anything else.
  package init?(encoded: [UInt8]) {
    var bytes = LedgerBytes.Reader(encoded)
    var short: [UInt16] = []
    var long: [UInt64] = []
    for _ in 0..<7 {
      guard let value = bytes.uint16() else { return nil }
      short.append(value)
    }
    for _ in 0..<9 {
      guard let value = bytes.uint64() else { return nil }
      long.append(value)
    }
    guard bytes.isAtEnd else { return nil }
    (tempo, minimumWeights, maximumUids) = (short[0], short[1], short[2])
    (maximumValidators, kappa, bondsPenalty) = (short[3], short[4], short[5])
    maximumWeightLimit = short[6]
    (weightsRateLimit, immunityPeriod, activityCutoff) = (long[0], long[1], long[2])
    (bondsMovingAverage, stakeThreshold, weightsVersionKey) = (long[3], long[4], long[5])
    (burn, genesisBalance, emissionPerEpoch) = (long[6], long[7], long[8])
  }
}
