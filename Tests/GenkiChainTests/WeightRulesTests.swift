import GenkiChain
import GenkiCore
import Testing

/// The chain's checks of weights, in its order.
struct WeightRulesTests {
  private static func neuron(
    uid: UInt16 = 0, stake: UInt64 = 10, permit: Bool = true, lastUpdate: UInt64 = 0
  ) throws -> Neuron {
    let key = try SS58Address(publicKey: [UInt8](repeating: UInt8(uid + 1), count: 32))
    return Neuron(
      uid: uid, hotkey: key, coldkey: key, stake: stake, hasValidatorPermit: permit,
      lastUpdate: lastUpdate, registeredAt: 0)
  }

  private static func rules(_ change: (inout SubnetSettings) -> Void = { _ in }) -> WeightRules {
    var settings = SubnetSettings(
      tempo: 20, weightsRateLimit: 5, minimumWeights: 2, weightsVersionKey: 3,
      maximumWeightLimit: 40_000, stakeThreshold: 10)
    change(&settings)
    return WeightRules(settings: settings, memberCount: 4, block: 100)
  }

  private static let good = [
    UidWeight(uid: 1, weight: 65_535), UidWeight(uid: 2, weight: 65_535),
  ]

  @Test func whatIsGoodPasses() throws {
    #expect(Self.rules().failure(setting: Self.good, versionKey: 3, by: try Self.neuron()) == nil)
  }

  @Test func eachFailureHasTheChainsName() throws {
    let rules = Self.rules()
    let five = (0..<5).map { UidWeight(uid: $0, weight: 1) }
    let cases: [(String, [UidWeight], UInt64, Neuron?)] = [
      ("UidsLengthExceedUidsInSubNet", five, 3, try Self.neuron()),
      ("HotKeyNotRegisteredInSubNet", Self.good, 3, nil),
      ("NotEnoughStakeToSetWeights", Self.good, 3, try Self.neuron(stake: 9)),
      ("IncorrectWeightVersionKey", Self.good, 2, try Self.neuron()),
      ("SettingWeightsTooFast", Self.good, 3, try Self.neuron(lastUpdate: 96)),
      ("NeuronNoValidatorPermit", Self.good, 3, try Self.neuron(permit: false)),
      ("DuplicateUids", [Self.good[0], Self.good[0]], 3, try Self.neuron()),
      (
        "UidVecContainInvalidOne", [Self.good[0], UidWeight(uid: 4, weight: 1)], 3,
        try Self.neuron()
      ),
      ("WeightVecLengthIsLow", [Self.good[0]], 3, try Self.neuron()),
      (
        "MaxWeightExceeded", [Self.good[0], UidWeight(uid: 2, weight: 1)], 3, try Self.neuron()
      ),
    ]
    for (name, weights, key, neuron) in cases {
      #expect(rules.failure(setting: weights, versionKey: key, by: neuron)?.name == name)
    }
  }

  @Test func theRateLimitEndsWithItsLastBlock() throws {
    let rules = Self.rules()
    #expect(rules.isTooFast(try Self.neuron(lastUpdate: 96)))
    #expect(!rules.isTooFast(try Self.neuron(lastUpdate: 95)))
    #expect(!rules.isTooFast(try Self.neuron(lastUpdate: 0)))
  }

  @Test func ownersAndSelfWeightsAreExempt() throws {
    let weak = try Self.neuron(uid: 1, permit: false)
    let own = [UidWeight(uid: 1, weight: 1)]
    #expect(Self.rules().failure(setting: own, versionKey: 3, by: weak) == nil)
    let poor = try Self.neuron(stake: 0, permit: false)
    let owned = Self.rules { $0.ownerHotkey = poor.hotkey }
    #expect(owned.failure(setting: Self.good, versionKey: 3, by: poor) == nil)
  }

  @Test func commitAndRevealExcludeDirectWeights() throws {
    let neuron = try Self.neuron(lastUpdate: 99)
    let on = Self.rules { $0.isCommitRevealOn = true }
    #expect(on.failure(setting: Self.good, versionKey: 3, by: neuron) == "CommitRevealEnabled")
    #expect(on.failure(committingBy: neuron, open: 0) == "CommittingWeightsTooFast")
    #expect(on.failure(committingBy: try Self.neuron(), open: 10) == "TooManyUnrevealedCommits")
    #expect(on.failure(committingBy: try Self.neuron(), open: 9) == nil)
    // A reveal has no rate limit.
    #expect(on.failure(revealing: Self.good, versionKey: 3, by: neuron) == nil)
    #expect(Self.rules().failure(committingBy: neuron, open: 0) == "CommitRevealDisabled")
    #expect(
      Self.rules().failure(revealing: Self.good, versionKey: 3, by: neuron)
        == "CommitRevealDisabled")
  }
}
