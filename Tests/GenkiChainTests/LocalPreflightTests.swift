import GenkiChain
import GenkiCore
import Testing

@Suite("What the embedded chain foresees")
struct LocalPreflightTests {
  private typealias Sample = LocalChainSample

  private func ready(_ change: (inout LocalChainSettings) -> Void = { _ in }) throws -> Sample {
    let sample = try Sample {
      $0.weightsRateLimit = 0
      change(&$0)
    }
    try sample.populate(4, staked: [4])
    return sample
  }

  /// What is foreseen is what happens in the next block.
  @Test func aBlockFailsWithWhatWasForeseen() throws {
    let sample = try ready { $0.minimumWeights = 2 }
    let hash = SHA256Hasher.digest(of: [1])
    let calls: [(ChainCall, UInt8)] = [
      (Sample.commit("x"), 1), (Sample.commit("x"), 9),
      (.setCommitment(netuid: 8, bytes: [1]), 1),
      (Sample.weights([0: 1, 1: 1]), 4), (Sample.weights([0: 1, 1: 1]), 1),
      (Sample.weights([0: 1]), 4), (Sample.weights([0: 1, 9: 1]), 4), (Sample.weights([0: 1]), 9),
      (.setWeights(netuid: 8, weights: [], versionKey: 0), 4),
      (.commitWeights(netuid: 7, hash: hash), 4),
    ]
    var failures: [String?] = []
    for (call, number) in calls {
      let head = try sample.chain.head()
      let foreseen = try sample.chain.preflight(call, by: Sample.key(number), at: head)?.name
      #expect(try sample.failure(of: call, by: number) == foreseen)
      failures.append(foreseen)
    }
    #expect(
      failures == [
        nil, "AccountNotAllowedCommit", "AccountNotAllowedCommit", nil, "NeuronNoValidatorPermit",
        "WeightVecLengthIsLow", "UidVecContainInvalidOne", "HotKeyNotRegisteredInSubNet",
        "MechanismDoesNotExist", "CommitRevealDisabled",
      ])
  }

  @Test func spaceForCommitmentsIsForeseenInEveryState() throws {
    let sample = try ready()
    let call = ChainCall.setCommitment(netuid: 7, bytes: [1])
    for _ in 0..<31 { #expect(try sample.failure(of: call, by: 1) == nil) }
    func foreseen(_ number: UInt64) throws -> String? {
      let block = try #require(try sample.chain.block(number: number))
      return try sample.chain.preflight(call, by: Sample.key(1), at: block)?.name
    }
    #expect(try foreseen(31) == nil)
    #expect(try foreseen(32) == "SpaceLimitExceeded")
    try sample.chain.seal(count: 321)
    #expect(try foreseen(351) == "SpaceLimitExceeded")
    #expect(try foreseen(352) == nil, "block 353 is the first of an epoch")
  }

  @Test func theRateLimitIsThatOfTheNextBlock() throws {
    let sample = try ready { $0.weightsRateLimit = 3 }
    func foreseen() throws -> String? {
      try sample.chain.preflight(
        Sample.weights([0: 1]), by: Sample.key(4), at: sample.chain.head())?.name
    }
    try sample.chain.seal()
    #expect(try foreseen() == "SettingWeightsTooFast")
    try sample.chain.seal()
    #expect(try foreseen() == nil)
  }

  @Test func aRegistrationIsTheOperatorsBusiness() throws {
    let sample = try ready()
    let call = ChainCall.register(netuid: 7, hotkey: try Sample.key(9), burnMaximum: 1)
    #expect(
      try sample.chain.preflight(call, by: Sample.key(109), at: sample.chain.head())
        == "CallFiltered")
    #expect(Sample.refusal { try sample.send(call, by: 1) } == "CallFiltered")
  }

  @Test func oneMemberIsFoundInAPastState() throws {
    let sample = try ready()
    let before = try sample.chain.head()
    #expect(try sample.failure(of: Sample.weights([0: 1, 1: 1]), by: 4) == nil)
    let after = try sample.chain.head()
    #expect(try sample.chain.neuron(of: Sample.key(4), at: before)?.lastUpdate == 1)
    #expect(try sample.chain.neuron(of: Sample.key(4), at: after)?.lastUpdate == 2)
    #expect(try sample.chain.neuron(of: Sample.key(9), at: after) == nil)
  }
}
