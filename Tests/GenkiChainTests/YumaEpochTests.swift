import GenkiChain
import GenkiCore
import Testing

@Suite("Yuma epochs")
struct YumaEpochTests {
  /// One epoch of the reference data.
  struct Expected {
    var number: Double
    var weights: [[UInt16]]
    var column: Int
    var asserted: [UInt16]
    var bonds: [UInt16]
    var shares: [String: [Double]]
    var emissions: [String: [Double]]

    init(_ value: JSONValue) throws {
      func numbers(_ value: JSONValue?) throws -> [Double] {
        try #require(value?.arrayValue).map { item in try #require(item.doubleValue) }
      }
      number = try #require(value["epoch"]?.doubleValue)
      weights = try #require(value["weights_u16"]?.arrayValue).map {
        try numbers($0).map { UInt16($0) }
      }
      column = Int(try #require(value["column"]?.doubleValue))
      asserted = try numbers(value["bonds_asserted_by_subtensor"]).map { UInt16($0) }
      bonds = try numbers(value["bonds_float"]).map { UInt16($0) }
      shares = [:]
      for key in ["consensus", "incentive", "dividends"] { shares[key] = try numbers(value[key]) }
      emissions = [:]
      for key in ["server_emission", "validator_emission"] {
        emissions[key] = try numbers(value[key])
      }
    }

    /// What of the results is farther away than one unit; empty if they agree.
    func differences(_ results: [YumaEpoch.Result]) -> [String] {
      var differences: [String] = []
      for (uid, result) in results.enumerated() {
        let found = [
          "consensus": result.consensus, "incentive": result.incentive,
          "dividends": result.dividends,
        ]
        for (key, share) in found {
          let distance = abs(share - (shares[key]?[uid] ?? .nan)) * 65535
          if !(distance <= 1) { differences.append("\(key) \(uid): \(share)") }
        }
        let emitted = [
          "server_emission": result.serverEmission, "validator_emission": result.validatorEmission,
        ]
        // A bond that was stored one unit lower moves the next dividends by as much.
        let tolerance = number <= 4 ? 3 : 1e9 / 65535
        for (key, rao) in emitted
        where !(abs(Double(rao) - (emissions[key]?[uid] ?? .nan)) <= tolerance) {
          differences.append("\(key) \(uid): \(rao)")
        }
      }
      for uid in 0..<4 {
        let bond = results[uid].bonds.first { $0.uid == column }?.weight ?? 0
        for expected in [asserted[uid], bonds[uid]] where abs(Int(expected) - Int(bond)) > 1 {
          differences.append("bond \(uid): \(bond), not \(expected)")
        }
      }
      return differences
    }
  }

  private static func epochs() throws -> [Expected] {
    try BittensorVectors.cases("yuma.json", "epochs").map(Expected.init)
  }

  private static func run(_ epochs: [Expected]) -> [[YumaEpoch.Result]] {
    var members = (0..<8).map { uid in
      YumaEpoch.Member(
        stake: uid < 4 ? Double(uid + 1) : 0, lastUpdate: 1, registeredAt: 0, hasPermit: uid < 4)
    }
    var parameters = YumaEpoch.Parameters()
    parameters.tempo = 1
    parameters.maximumValidators = 8
    return epochs.enumerated().map { index, epoch in
      for (uid, row) in epoch.weights.enumerated() {
        members[uid].weights = row.enumerated().filter { $0.element > 0 }.map {
          UidWeight(uid: UInt16($0.offset), weight: $0.element)
        }
      }
      let results = YumaEpoch.run(
        block: UInt64(10 + index), members: members, parameters: parameters)
      for (uid, result) in results.enumerated() { members[uid].bonds = result.bonds }
      return results
    }
  }

  @Test func sevenEpochsOfSubtensorsOwnTestComeOut() throws {
    let epochs = try Self.epochs()
    #expect(epochs.count == 7)
    for (epoch, results) in zip(epochs, Self.run(epochs)) {
      #expect(epoch.differences(results) == [])
    }
  }

  @Test func aChangedExpectationIsNoticed() throws {
    let epochs = try Self.epochs()
    let results = Self.run(epochs)
    for (index, epoch) in epochs.enumerated() {
      for uid in 0..<4 {
        var changed = epoch
        changed.asserted[uid] -= 3
        #expect(!changed.differences(results[index]).isEmpty)
      }
      var changed = epoch
      changed.shares["consensus"]?[6] += 2.0 / 65535
      #expect(!changed.differences(results[index]).isEmpty)
    }
  }

  private func pair(_ change: (inout [YumaEpoch.Member]) -> Void = { _ in })
    -> [YumaEpoch.Result]
  {
    var members = [
      YumaEpoch.Member(
        stake: 3, lastUpdate: 900, registeredAt: 1, hasPermit: true,
        weights: [UidWeight(uid: 0, weight: 9), UidWeight(uid: 1, weight: 65535)]),
      YumaEpoch.Member(stake: 0, lastUpdate: 2, registeredAt: 2, hasPermit: false),
    ]
    change(&members)
    return YumaEpoch.run(block: 1000, members: members, parameters: YumaEpoch.Parameters())
  }

  @Test func oneValidatorsWeightsAreTheIncentive() {
    let results = pair()
    #expect(results.map(\.incentive) == [0, 1])
    #expect(results.map(\.dividends) == [1, 0])
    #expect(results.map(\.hasPermit) == [true, false])
    #expect(results.map(\.validatorTrust) == [1, 0])
    #expect(results[1].serverEmission == 500_000_000)
    #expect(results[0].bonds == [UidWeight(uid: 1, weight: 65535)])
  }

  @Test func weightsOlderThanARegistrationDoNotCount() {
    let results = pair { $0[1].registeredAt = 900 }
    #expect(results.map(\.incentive) == [0, 0])
    #expect(results[0].validatorEmission == 1_000_000_000)
  }

  @Test(arguments: [(499, 0), (500, 1), (501, 1)] as [(UInt64, Double)])
  func weightsWhoseOldestCommitIsOlderThanARegistrationDoNotCount(commit: UInt64, share: Double) {
    let results = pair {
      $0[1].registeredAt = 500
      $0[0].oldestCommit = commit
    }
    #expect(results.map(\.incentive) == [0, share])
  }

  @Test func aSilentValidatorDoesNotCount() {
    var members = [
      YumaEpoch.Member(
        stake: 3, lastUpdate: 900, registeredAt: 1, hasPermit: true,
        weights: [UidWeight(uid: 1, weight: 65535)]),
      YumaEpoch.Member(stake: 0, lastUpdate: 2, registeredAt: 2, hasPermit: false),
    ]
    members[0].lastUpdate = 900
    var parameters = YumaEpoch.Parameters()
    parameters.activityCutoff = 99
    let results = YumaEpoch.run(block: 1000, members: members, parameters: parameters)
    #expect(results.map(\.incentive) == [0, 0])
  }

  @Test func nobodyWithoutAPermitCounts() {
    let results = pair { $0[0].hasPermit = false }
    #expect(results.map(\.incentive) == [0, 0])
    #expect(results[0].hasPermit, "its stake gives it one for the next epoch")
  }

  @Test func entriesOutOfRangeAreIgnored() {
    let results = pair { $0[0].weights.append(UidWeight(uid: 9, weight: 65535)) }
    #expect(results.map(\.incentive) == [0, 1])
    #expect(
      YumaEpoch.run(block: 0, members: [], parameters: YumaEpoch.Parameters()).isEmpty)
  }
}
