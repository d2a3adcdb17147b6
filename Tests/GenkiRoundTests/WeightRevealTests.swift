import Foundation
import GenkiChain
import GenkiCore
import GenkiRound
import Testing

/// Commits to weights and what becomes of them.
struct WeightRevealTests {
  private static func secret(salt: [UInt16] = [1, 2, 3]) throws -> WeightSecret {
    try WeightSecret(
      weights: [UidWeight(uid: 3, weight: 65_535), UidWeight(uid: 7, weight: 9)], salt: salt,
      versionKey: 4, hotkey: try SS58Address(publicKey: [UInt8](repeating: 5, count: 32)),
      index: 9)
  }

  private static func settings(epoch: UInt64, period: UInt64 = 2) -> SubnetSettings {
    SubnetSettings(
      tempo: 20, weightsRateLimit: 0, minimumWeights: 1, weightsVersionKey: 0,
      maximumWeightLimit: .max, stakeThreshold: 0, isCommitRevealOn: true,
      revealPeriodEpochs: period, epochIndex: epoch)
  }

  private static func sent(_ state: SentExtrinsic.State, failure: String? = nil) throws
    -> SentExtrinsic
  {
    var sent = SentExtrinsic(
      Extrinsic(
        hash: SHA256Hasher.digest(of: []), bytes: [],
        signer: try SS58Address(publicKey: [UInt8](repeating: 5, count: 32)), nonce: 0,
        lastBlock: 9), purpose: .revealWeights, subject: "r1")
    sent.state = state
    sent.failure = failure
    sent.block = state == .final ? 8 : nil
    return sent
  }

  @Test func theSaltMakesTheHash() throws {
    #expect(try Self.secret().hash != Self.secret(salt: [1, 2, 4]).hash)
    #expect(WeightSecret.randomSalt() != WeightSecret.randomSalt())
    #expect(WeightSecret.randomSalt().count == WeightSecret.saltCount)
  }

  @Test func aCommitIsRevealedInItsEpochOnly() throws {
    let secret = try Self.secret()
    let open = [OpenWeightCommit(hash: secret.hash, epoch: 5, block: 100)]
    func next(_ epoch: UInt64, _ open: [OpenWeightCommit]) -> WeightReveal.Step {
      WeightReveal().next(
        hash: secret.hash, committedIn: 5, open: open, settings: Self.settings(epoch: epoch),
        block: 200, netuid: 9)
    }
    #expect(next(6, open) == .wait)
    #expect(next(7, open) == .reveal)
    // Runtimes tell epochs differently by one at most.
    #expect(next(8, open) == .reveal)
    #expect(next(9, open) == .lost)
    // A commit that is not there may be on another fork until its epoch is over.
    #expect(next(7, []) == .wait)
    #expect(next(8, []) == .wait)
    #expect(next(9, []) == .lost)
  }

  /// Epochs are a node's numbers: absurd ones are waited for, not added up.
  @Test(arguments: [
    (UInt64.max, UInt64(1), UInt64(7)), (1, .max, 7), (.max, .max, 7), (.max, 0, .max - 1),
  ])
  func aRevealThatIsNeverDueIsWaitedFor(commit: UInt64, period: UInt64, epoch: UInt64) throws {
    let hash = try Self.secret().hash
    let step = WeightReveal().next(
      hash: hash, committedIn: 5, open: [OpenWeightCommit(hash: hash, epoch: commit, block: 1)],
      settings: Self.settings(epoch: epoch, period: period), block: 200, netuid: 9)
    #expect(step == .wait)
  }

  @Test func theLastEpochOfAllIsOneToo() throws {
    let hash = try Self.secret().hash
    let step = WeightReveal().next(
      hash: hash, committedIn: 5, open: [OpenWeightCommit(hash: hash, epoch: .max, block: 1)],
      settings: Self.settings(epoch: .max, period: 0), block: 200, netuid: 9)
    #expect(step == .reveal)
  }

  @Test func aRevealThatIsTooEarlyIsTriedAgain() throws {
    var reveal = WeightReveal()
    reveal.extrinsic = SHA256Hasher.digest(of: [])
    reveal.apply(try Self.sent(.failed, failure: "RevealTooEarly"), finalBlock: 50, pause: 3)
    #expect(!reveal.isSettled && reveal.extrinsic == nil && reveal.notBefore == 53)
    let secret = try Self.secret()
    let open = [OpenWeightCommit(hash: secret.hash, epoch: 5, block: 40)]
    func next(_ block: UInt64) -> WeightReveal.Step {
      reveal.next(
        hash: secret.hash, committedIn: 5, open: open, settings: Self.settings(epoch: 7),
        block: block, netuid: 9)
    }
    #expect(next(52) == .wait)
    #expect(next(53) == .reveal)
  }

  @Test(arguments: ["ExpiredWeightCommit", "NoWeightsCommitFound"])
  func aLostCommitIsReported(name: String) throws {
    var reveal = WeightReveal()
    reveal.apply(try Self.sent(.failed, failure: name), finalBlock: 50, pause: 3)
    #expect(reveal.isSettled)
    #expect(reveal.reason?.contains(name) == true)
  }

  @Test func onlyAFinalRevealIsDone() throws {
    var reveal = WeightReveal()
    reveal.extrinsic = SHA256Hasher.digest(of: [])
    reveal.apply(try Self.sent(.included), finalBlock: 50, pause: 3)
    #expect(!reveal.isSettled && reveal.extrinsic != nil)
    reveal.apply(try Self.sent(.expired), finalBlock: 50, pause: 3)
    #expect(!reveal.isSettled && reveal.extrinsic == nil)
    reveal.apply(try Self.sent(.final), finalBlock: 50, pause: 3)
    #expect(reveal.isSettled && reveal.block == 8)
  }

  @Test func aSecretIsShownWhenItIsOneNoLonger() throws {
    var setting = WeightSetting(
      round: 1, epoch: 2, entries: [], extrinsic: SHA256Hasher.digest(of: []), block: 5,
      secret: try Self.secret())
    #expect(setting.isToBeRevealed)
    #expect(setting.shown.secret == nil)
    setting.reveal = WeightReveal()
    #expect(setting.shown.secret == nil && setting.isToBeRevealed)
    setting.reveal?.block = 30
    #expect(setting.shown.secret == setting.secret && !setting.isToBeRevealed)
    let copy = try JSONDecoder().decode(
      WeightSetting.self, from: try JSONEncoder().encode(setting))
    #expect(copy == setting)
  }
}
