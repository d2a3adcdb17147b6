import GenkiChain
import GenkiCore
import GenkiRound
import Testing

@Suite("reveals of weights")
struct WeightRevealTests {
  /// Epochs are a node's numbers: one that is absurd is waited for, not added up.
  @Test(arguments: [
    (UInt64(5), UInt64(2), WeightReveal.Step.reveal), (6, 2, .wait), (.max, 1, .wait),
    (1, .max, .wait), (.max, .max, .wait),
  ])
  func aRevealIsDueSoManyEpochsAfterItsCommit(
    epoch: UInt64, period: UInt64, step: WeightReveal.Step
  ) throws {
    let hash = try #require(ContentDigest(bytes: [UInt8](repeating: 3, count: 32)))
    let settings = SubnetSettings(
      tempo: 9, weightsRateLimit: 0, minimumWeights: 1, weightsVersionKey: 0,
      maximumWeightLimit: .max, stakeThreshold: 0, revealPeriodEpochs: period, epochIndex: 7)
    let found = WeightReveal().next(
      hash: hash, open: [OpenWeightCommit(hash: hash, epoch: epoch, block: 1)],
      settings: settings, block: 100, netuid: 1)
    #expect(found == step)
  }
}
