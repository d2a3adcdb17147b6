import GenkiChain
import GenkiCore
import Testing

@Suite("Weights by commit and reveal on the embedded chain")
struct LocalCommitRevealTests {
  private typealias Sample = LocalChainSample

  /// Key 3 is the validator; an epoch begins at blocks 2, 12, 22 and so on.
  private func ready(_ change: (inout LocalChainSettings) -> Void = { _ in }) throws -> Sample {
    let sample = try Sample {
      $0.tempo = 9
      $0.weightsRateLimit = 0
      $0.commitRevealEnabled = true
      change(&$0)
    }
    try sample.populate(3, staked: [3])
    return sample
  }

  private static func weights(_ entries: [UInt16: UInt16]) -> [UidWeight] {
    entries.sorted { $0.key < $1.key }.map { UidWeight(uid: $0.key, weight: $0.value) }
  }

  private func hash(_ entries: [UInt16: UInt16], salt: [UInt16], by number: UInt8 = 3) throws
    -> ContentDigest
  {
    try WeightCommit(
      hotkey: Sample.key(number), storageIndex: 7, weights: Self.weights(entries), salt: salt,
      versionKey: 0
    ).hash
  }

  private func commit(_ entries: [UInt16: UInt16], salt: [UInt16] = [1]) throws -> ChainCall {
    .commitWeights(netuid: 7, hash: try hash(entries, salt: salt))
  }

  private func reveal(_ entries: [UInt16: UInt16], salt: [UInt16] = [1]) -> ChainCall {
    .revealWeights(netuid: 7, weights: Self.weights(entries), salt: salt, versionKey: 0)
  }

  private func seal(_ sample: Sample, to block: UInt64) throws {
    try sample.chain.seal(count: Int(block - sample.chain.head().number))
  }

  private func preflight(_ sample: Sample, _ call: ChainCall, by number: UInt8 = 3) throws
    -> String?
  {
    try sample.chain.preflight(call, by: Sample.key(number), at: sample.chain.head())?.name
  }

  private func validator(_ sample: Sample) throws -> Neuron {
    try #require(
      try sample.chain.neuron(of: Sample.key(3), at: sample.chain.head()))
  }

  private func commits(_ sample: Sample) throws -> [OpenWeightCommit] {
    try sample.chain.weightCommits(of: Sample.key(3), at: sample.chain.head())
  }

  @Test func theWayOfAVector() throws {
    let sample = try ready()
    let settings = try sample.chain.subnet(at: sample.chain.head())
    #expect(settings.isCommitRevealOn)
    #expect(settings.revealPeriodEpochs == 1)
    #expect(try sample.failure(of: commit([0: 1, 1: 3]), by: 3) == nil)
    #expect(
      try commits(sample) == [
        OpenWeightCommit(hash: hash([0: 1, 1: 3], salt: [1]), epoch: 1, block: 2)
      ])
    #expect(try validator(sample).lastUpdate == 2)
    let call = reveal([0: 1, 1: 3])
    #expect(Sample.refusal { try sample.send(call, by: 3) } == "RevealTooEarly")
    try seal(sample, to: 10)
    #expect(try preflight(sample, call) == "RevealTooEarly")
    try seal(sample, to: 11)
    #expect(try preflight(sample, call) == nil, "block 12 is of the next epoch")
    #expect(try sample.failure(of: call, by: 3) == nil)
    let after = try validator(sample)
    #expect(after.weights.map(\.weight) == [21845, 65535])
    #expect(after.lastUpdate == 2, "the commit sets it, not the reveal")
    #expect(try commits(sample) == [])
    let eleven = try #require(try sample.chain.block(number: 11))
    #expect(try sample.chain.weightCommits(of: Sample.key(3), at: eleven).count == 1)
    try seal(sample, to: 22)
    let incentive = try sample.chain.metagraph(at: sample.chain.head()).neurons.map(\.incentive)
    #expect(incentive == [16383, 49151, 0])
  }

  @Test func theTwoWaysExcludeEachOther() throws {
    let on = try ready()
    #expect(try on.failure(of: Sample.weights([0: 1]), by: 3) == "CommitRevealEnabled")
    let off = try ready { $0.commitRevealEnabled = false }
    #expect(try off.failure(of: commit([0: 1]), by: 3) == "CommitRevealDisabled")
    #expect(try preflight(off, reveal([0: 1])) == "CommitRevealDisabled")
    #expect(
      Sample.refusal { try off.send(reveal([0: 1]), by: 3) } == "NoWeightsCommitFound")
  }

  @Test func commitsAreRefused() throws {
    let sample = try ready {
      $0.weightsRateLimit = 5
      $0.stakeThreshold = 2_000_000_000
    }
    let call = try commit([0: 1])
    #expect(Sample.refusal { try sample.send(call, by: 1) } == "NotEnoughStakeToSetWeights")
    #expect(try preflight(sample, call, by: 9) == "HotKeyNotRegisteredInSubNet")
    #expect(Sample.refusal { try sample.send(call, by: 3) } == "CommittingWeightsTooFast")
    try seal(sample, to: 5)
    try sample.send(call, by: 3)
    let second = try sample.send(commit([1: 1]), by: 3)
    let block = try sample.chain.seal()
    #expect(
      try sample.chain.outcome(of: second)
        == .included(block: block, index: 1, failure: "CommittingWeightsTooFast"))
    let other = ChainCall.commitWeights(netuid: 8, hash: SHA256Hasher.digest(of: []))
    #expect(try preflight(sample, other) == "MechanismDoesNotExist")
  }

  @Test func tenCommitsAreOpenAtMost() throws {
    let sample = try ready()
    for salt in 0..<10 as Range<UInt16> {
      try sample.send(commit([0: 1], salt: [salt]), by: 3)
    }
    try sample.chain.seal()
    #expect(try commits(sample).count == 10)
    let more = try commit([0: 1], salt: [10])
    #expect(try sample.failure(of: more, by: 3) == "TooManyUnrevealedCommits")
    try seal(sample, to: 20)
    #expect(try preflight(sample, more) == "TooManyUnrevealedCommits")
    try seal(sample, to: 21)
    #expect(try preflight(sample, more) == nil, "epoch 3 has come, the commits are of epoch 1")
    #expect(try sample.failure(of: more, by: 3) == nil)
    #expect(try commits(sample).map(\.epoch) == [3])
    let before = try #require(try sample.chain.block(number: 21))
    #expect(try sample.chain.weightCommits(of: Sample.key(3), at: before).count == 10)
  }

  @Test func aRevealNeedsItsCommit() throws {
    let sample = try ready()
    #expect(try preflight(sample, reveal([0: 1])) == "NoWeightsCommitFound")
    #expect(try sample.failure(of: commit([0: 1]), by: 3) == nil)
    try seal(sample, to: 12)
    for call in [
      reveal([0: 2]), reveal([0: 1], salt: [2]), reveal([1: 1]),
      .revealWeights(
        netuid: 7, weights: Self.weights([0: 1]), salt: [1], versionKey: 1),
    ] {
      #expect(try preflight(sample, call) == "InvalidRevealCommitHashNotMatch")
      #expect(Sample.refusal { try sample.send(call, by: 3) } == "NoWeightsCommitFound")
    }
    #expect(
      Sample.refusal { try sample.send(reveal([0: 1]), by: 2) } == "NoWeightsCommitFound",
      "a commit is its hotkey's own")
  }

  @Test func aRevealTakesOlderCommitsWithIt() throws {
    let sample = try ready()
    for salt in 1...3 as ClosedRange<UInt16> {
      try sample.send(commit([0: salt, 1: 1], salt: [salt]), by: 3)
    }
    try sample.chain.seal()
    try seal(sample, to: 12)
    let second = try sample.send(reveal([0: 2, 1: 1], salt: [2]), by: 3)
    let first = try sample.send(reveal([0: 1, 1: 1], salt: [1]), by: 3)
    var block = try sample.chain.seal()
    #expect(
      try sample.chain.outcome(of: second) == .included(block: block, index: 0, failure: nil))
    #expect(
      try sample.chain.outcome(of: first)
        == .included(block: block, index: 1, failure: "InvalidRevealCommitHashNotMatch"))
    #expect(try commits(sample).map(\.hash) == [hash([0: 3, 1: 1], salt: [3])])
    let third = try sample.send(reveal([0: 3, 1: 1], salt: [3]), by: 3)
    try sample.send(Sample.commit("between"), by: 3)
    let late = try sample.chain.makeExtrinsic(
      reveal([0: 3, 1: 1], salt: [3]), nonce: sample.chain.nextNonce(of: Sample.key(3)),
      signer: Sample.signer(3))
    try sample.chain.submit(late)
    block = try sample.chain.seal()
    #expect(
      try sample.chain.outcome(of: third) == .included(block: block, index: 0, failure: nil))
    #expect(
      try sample.chain.outcome(of: late)
        == .included(block: block, index: 2, failure: "NoWeightsCommitFound"))
  }

  @Test func aRevealCanComeTooLate() throws {
    let sample = try ready()
    #expect(try sample.failure(of: commit([0: 1]), by: 3) == nil)
    try seal(sample, to: 20)
    let call = reveal([0: 1])
    #expect(try preflight(sample, call) == nil, "block 21 is the last of epoch 2")
    // It waits for another nonce until its epoch is over.
    let waiting = try sample.send(call, by: 3, nonce: 2)
    try seal(sample, to: 21)
    #expect(try preflight(sample, call) == "ExpiredWeightCommit")
    #expect(
      Sample.refusal { try sample.send(call, by: 3) } == "RevealTooEarly",
      "a node has one name for both before a block")
    try sample.send(Sample.commit("between"), by: 3)
    let block = try sample.chain.seal()
    #expect(
      try sample.chain.outcome(of: waiting)
        == .included(block: block, index: 1, failure: "ExpiredWeightCommit"))
    #expect(try commits(sample).count == 1, "what failed has changed nothing")
    #expect(try validator(sample).weights == [])
  }

  @Test func anExpiredCommitIsNamedBesideALiveOne() throws {
    let sample = try ready()
    #expect(try sample.failure(of: commit([0: 1], salt: [1]), by: 3) == nil)
    try seal(sample, to: 12)
    #expect(try sample.failure(of: commit([0: 1], salt: [2]), by: 3) == nil)
    try seal(sample, to: 21)
    #expect(try preflight(sample, reveal([0: 1], salt: [1])) == "ExpiredWeightCommit")
    #expect(try preflight(sample, reveal([0: 1], salt: [3])) == "InvalidRevealCommitHashNotMatch")
    #expect(try sample.failure(of: reveal([0: 1], salt: [2]), by: 3) == nil)
    #expect(try commits(sample) == [], "the expired one goes too")
  }

  @Test func aRevealedVectorFollowsTheRules() throws {
    let sample = try ready { $0.minimumWeights = 2 }
    #expect(try sample.failure(of: commit([0: 1]), by: 3) == nil)
    try seal(sample, to: 11)
    #expect(try sample.failure(of: reveal([0: 1]), by: 3) == "WeightVecLengthIsLow")
    #expect(try commits(sample).count == 1)
  }

  @Test func thePeriodCanBeLonger() throws {
    let sample = try ready { $0.revealPeriodEpochs = 2 }
    #expect(try sample.failure(of: commit([0: 1]), by: 3) == nil)
    let call = reveal([0: 1])
    for (block, failure) in [
      (20, "RevealTooEarly"), (21, nil), (30, nil), (31, "ExpiredWeightCommit"),
    ] as [(UInt64, String?)] {
      try seal(sample, to: block)
      #expect(try preflight(sample, call) == failure)
    }
  }

  @Test func oldCommitsAreDiscardedWithTheirStates() throws {
    let sample = try ready()
    #expect(try sample.failure(of: commit([0: 1]), by: 3) == nil)
    let old = try sample.chain.head()
    try seal(sample, to: 11)
    #expect(try sample.failure(of: reveal([0: 1]), by: 3) == nil)
    try seal(sample, to: old.number + 256)
    #expect(try sample.chain.weightCommits(of: Sample.key(3), at: old).count == 1)
    try sample.chain.seal()
    #expect(throws: ChainError.stateDiscarded(block: old.number)) {
      try sample.chain.weightCommits(of: Sample.key(3), at: old)
    }
    #expect(throws: ChainError.stateDiscarded(block: old.number)) {
      try sample.chain.preflight(Sample.commit("x"), by: Sample.key(3), at: old)
    }
    #expect(try commits(sample) == [])
  }

  /// The weights of uid 0 were meant for somebody who has lost the place since; a commit that came
  /// afterwards hides that from the rule about the last update.
  @Test(arguments: [true, false])
  func weightsOlderThanARegistrationDoNotCountWhileTheirCommitLives(isOpen: Bool) throws {
    let sample = try ready {
      $0.maximumUids = 3
      $0.immunityPeriod = 1
    }
    #expect(try sample.failure(of: commit([0: 1, 1: 1]), by: 3) == nil)
    try seal(sample, to: 11)
    if isOpen { try sample.send(commit([0: 1, 1: 1], salt: [2]), by: 3) }
    try sample.chain.seal()
    #expect(try sample.failure(of: reveal([0: 1, 1: 1]), by: 3) == nil)
    try sample.chain.register(hotkey: Sample.key(9), coldkey: Sample.key(109))
    try sample.chain.seal()
    #expect(try sample.failure(of: commit([0: 1, 1: 1], salt: [3]), by: 3) == nil)
    try seal(sample, to: 22)
    let neurons = try sample.chain.metagraph(at: sample.chain.head()).neurons
    #expect(try neurons[0].hotkey == Sample.key(9))
    #expect(neurons[0].registeredAt == 14)
    #expect(neurons.map(\.incentive) == (isOpen ? [0, 65535, 0] : [32767, 32767, 0]))
  }
}
