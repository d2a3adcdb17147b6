import GenkiChain
import GenkiCore
import Testing

@Suite("What the embedded chain refuses")
struct LocalRefusalTests {
  private typealias Sample = LocalChainSample

  // MARK: Commitments

  @Test func aStrangersCommitmentFails() throws {
    let sample = try Sample()
    try sample.populate(1)
    #expect(try sample.failure(of: Sample.commit("x"), by: 2) == "AccountNotAllowedCommit")
    let other = ChainCall.setCommitment(netuid: 8, bytes: [1])
    #expect(try sample.failure(of: other, by: 1) == "AccountNotAllowedCommit")
    #expect(try sample.chain.commitments(at: sample.chain.head()) == [])
    #expect(try sample.chain.nextNonce(of: Sample.key(2)) == 1)
  }

  @Test func aCommitmentHasAtMost128Bytes() throws {
    let sample = try Sample()
    try sample.populate(1)
    let limit = ChainCall.setCommitment(netuid: 7, bytes: [UInt8](repeating: 1, count: 128))
    #expect(try sample.failure(of: limit, by: 1) == nil)
    let long = ChainCall.setCommitment(netuid: 7, bytes: [UInt8](repeating: 1, count: 129))
    #expect(Sample.refusal { try sample.send(long, by: 1) } == "BadFormat")
  }

  @Test(arguments: [(100, 31), (1, 31), (128, 24)])
  func spaceForCommitmentsIsLimited(bytes: Int, allowed: Int) throws {
    let sample = try Sample()
    try sample.populate(1)
    let call = ChainCall.setCommitment(netuid: 7, bytes: [UInt8](repeating: 1, count: bytes))
    for _ in 0..<allowed { #expect(try sample.failure(of: call, by: 1) == nil) }
    #expect(try sample.failure(of: call, by: 1) == "SpaceLimitExceeded")
    try sample.chain.seal(count: 361)
    #expect(try sample.failure(of: call, by: 1) == nil)
  }

  // MARK: Weights at submission

  @Test func hopelessWeightsAreRefusedAtSubmission() throws {
    let sample = try Sample {
      $0.stakeThreshold = 3_000_000_000
      $0.weightsRateLimit = 10
    }
    try sample.populate(3, staked: [2, 3])
    let call = Sample.weights([0: 1])
    func refusal(_ number: UInt8) -> String? {
      Sample.refusal { try sample.send(call, by: number) }
    }
    #expect(refusal(9) == "NotEnoughStakeToSetWeights")
    #expect(refusal(2) == "NotEnoughStakeToSetWeights")
    #expect(refusal(3) == "SettingWeightsTooFast")
    try sample.chain.seal(count: 8)
    #expect(refusal(3) == "SettingWeightsTooFast")
    try sample.chain.seal(count: 1)
    #expect(try sample.failure(of: call, by: 3) == nil)
    #expect(refusal(3) == "SettingWeightsTooFast")
  }

  // MARK: Weights in a block

  private func ready(_ change: (inout LocalChainSettings) -> Void = { _ in }) throws -> Sample {
    let sample = try Sample {
      $0.weightsRateLimit = 0
      change(&$0)
    }
    try sample.populate(4, staked: [4])
    return sample
  }

  @Test func weightsFailWithTheChainsNames() throws {
    let sample = try ready { $0.weightsVersionKey = 5 }
    func failure(_ weights: [(UInt16, UInt16)], by number: UInt8 = 4, key: UInt64 = 5) throws
      -> String?
    {
      let entries = weights.map { UidWeight(uid: $0.0, weight: $0.1) }
      return try sample.failure(
        of: .setWeights(netuid: 7, weights: entries, versionKey: key), by: number)
    }
    let five: [(UInt16, UInt16)] = [(0, 1), (1, 1), (2, 1), (3, 1), (9, 1)]
    #expect(try failure(five) == "UidsLengthExceedUidsInSubNet")
    #expect(try failure([(0, 1)], by: 9) == "HotKeyNotRegisteredInSubNet")
    let other = ChainCall.setWeights(netuid: 8, weights: [], versionKey: 5)
    #expect(try sample.failure(of: other, by: 4) == "MechanismDoesNotExist")
    #expect(try failure([(0, 1)], key: 4) == "IncorrectWeightVersionKey")
    #expect(try failure([(0, 1)], key: 6) == nil)
    #expect(try failure([(0, 1)], by: 1) == nil, "a single weight on oneself needs no permit")
    #expect(try failure([(1, 1)], by: 1) == "NeuronNoValidatorPermit")
    #expect(try failure([(0, 1), (1, 1)], by: 1) == "NeuronNoValidatorPermit")
    #expect(try failure([(0, 1), (0, 2)]) == "DuplicateUids")
    #expect(try failure([(0, 1), (4, 2)]) == "UidVecContainInvalidOne")
    #expect(try failure([]) == "WeightVecLengthIsLow")
    #expect(try failure([(0, 0), (1, 0)]) == nil)
  }

  @Test func theFirstRuleThatIsBrokenNamesTheFailure() throws {
    let sample = try ready { $0.minimumWeights = 3 }
    let call = ChainCall.setWeights(
      netuid: 7, weights: [UidWeight(uid: 9, weight: 1), UidWeight(uid: 9, weight: 1)],
      versionKey: 0)
    #expect(try sample.failure(of: call, by: 1) == "NeuronNoValidatorPermit")
    #expect(try sample.failure(of: call, by: 4) == "DuplicateUids")
    #expect(try sample.failure(of: Sample.weights([9: 1]), by: 4) == "UidVecContainInvalidOne")
    #expect(try sample.failure(of: Sample.weights([1: 1]), by: 4) == "WeightVecLengthIsLow")
  }

  @Test func oneWeightHasALimitedShare() throws {
    let sample = try ready { $0.maximumWeightLimit = 32768 }
    #expect(try sample.failure(of: Sample.weights([0: 1, 1: 1]), by: 4) == nil)
    #expect(
      try sample.failure(of: Sample.weights([0: 101, 1: 100]), by: 4) == "MaxWeightExceeded")
    #expect(try sample.failure(of: Sample.weights([3: 1]), by: 4) == nil)
  }

  @Test func twoWeightsInOneBlockAreTooFast() throws {
    let sample = try ready { $0.weightsRateLimit = 2 }
    try sample.chain.seal(count: 1)
    try sample.send(Sample.weights([0: 1]), by: 4)
    let second = try sample.send(Sample.weights([1: 1]), by: 4)
    let block = try sample.chain.seal(count: 1)
    #expect(
      try sample.chain.outcome(of: second)
        == .included(block: block, index: 1, failure: "SettingWeightsTooFast"))
  }

  @Test func weightsAreScaledUp() throws {
    let sample = try ready()
    #expect(try sample.failure(of: Sample.weights([0: 1, 1: 2, 2: 3]), by: 4) == nil)
    let neuron = try sample.chain.metagraph(at: sample.chain.head()).neurons[3]
    #expect(neuron.weights.map(\.weight) == [21845, 43690, 65535])
    #expect(neuron.lastUpdate == 2)
  }

  // MARK: Administration

  @Test func registrationsAreRefused() throws {
    let sample = try Sample {
      $0.burn = 600
      $0.genesisBalance = 1300
    }
    func register(_ hotkey: UInt8, _ coldkey: UInt8) -> String? {
      Sample.refusal {
        try sample.chain.register(hotkey: Sample.key(hotkey), coldkey: Sample.key(coldkey))
      }
    }
    #expect(register(1, 101) == nil)
    #expect(register(1, 101) == "HotKeyAlreadyRegisteredInSubNet")
    #expect(register(2, 101) == nil)
    #expect(register(3, 101) == "NotEnoughBalanceToStake")
    try sample.chain.seal(count: 1)
    #expect(register(1, 101) == "HotKeyAlreadyRegisteredInSubNet")
    #expect(register(3, 101) == "NotEnoughBalanceToStake")
    #expect(try sample.chain.balance(of: Sample.key(101)) == 100)
  }

  @Test func stakeIsRefused() throws {
    let sample = try Sample {
      $0.burn = 100
      $0.genesisBalance = 1000
    }
    func stake(_ hotkey: UInt8, _ amount: UInt64) -> String? {
      Sample.refusal { try sample.chain.addStake(hotkey: Sample.key(hotkey), amount: amount) }
    }
    #expect(stake(1, 5) == "HotKeyAccountNotExists")
    try sample.chain.register(hotkey: Sample.key(1), coldkey: Sample.key(101))
    #expect(stake(1, 0) == "AmountTooLow")
    #expect(stake(1, 901) == "NotEnoughBalanceToStake")
    #expect(stake(1, .max) == "NotEnoughBalanceToStake")
    #expect(stake(1, 900) == nil)
    #expect(stake(1, 1) == "NotEnoughBalanceToStake")
    let block = try sample.chain.seal(count: 1)
    let neuron = try #require(try sample.chain.metagraph(at: block).neurons.first)
    #expect(neuron.stake == 900)
    #expect(neuron.hasValidatorPermit)
    #expect(try sample.chain.balance(of: Sample.key(101)) == 0)
  }

  @Test func aFullSubnetReplacesTheOldestOfTheLowest() throws {
    let sample = try Sample {
      $0.maximumUids = 2
      $0.immunityPeriod = 5
    }
    try sample.populate(2, staked: [2])
    #expect(try sample.failure(of: Sample.commit("stays"), by: 1) == nil)
    #expect(
      Sample.refusal {
        try sample.chain.register(hotkey: Sample.key(3), coldkey: Sample.key(103))
      } == "NoNeuronIdAvailable")
    let early = try sample.chain.seal(count: 3)
    try sample.chain.register(hotkey: Sample.key(3), coldkey: Sample.key(103))
    let block = try sample.chain.seal(count: 1)
    #expect(try sample.chain.commitment(of: Sample.key(1), at: block) != nil)
    let after = try sample.chain.metagraph(at: block)
    #expect(try after.neurons.map(\.hotkey) == [Sample.key(3), Sample.key(2)])
    #expect(after.neurons[0].registeredAt == block.number)
    #expect(try sample.chain.metagraph(at: early).neurons[0].hotkey == Sample.key(1))
    #expect(
      Sample.refusal {
        try sample.chain.register(hotkey: Sample.key(1), coldkey: Sample.key(9))
      } == "NonAssociatedColdKey")
  }

  @Test func permitsAreForTheHighestStakes() throws {
    let sample = try Sample { $0.maximumValidators = 2 }
    try sample.populate(4, staked: [1, 2])
    let first = try sample.chain.metagraph(at: sample.chain.head())
    #expect(first.neurons.map(\.hasValidatorPermit) == [true, true, false, false])
    try sample.chain.addStake(hotkey: Sample.key(4), amount: 9_000_000_000)
    let block = try sample.chain.seal(count: 1)
    let then = try sample.chain.metagraph(at: block)
    #expect(then.neurons.map(\.hasValidatorPermit) == [true, true, false, true])
    let later = try sample.chain.metagraph(at: sample.chain.seal(count: 361))
    #expect(later.neurons.map(\.hasValidatorPermit) == [false, true, false, true])
  }
}
