import Foundation
import GenkiCore
import GenkiDemo
import TestSupport
import Testing

/// States that daemons of an earlier build left when they were killed in the middle of a round: today's
/// daemons go on with them, and the round ends as that build would have ended it.
@Suite(.serialized) struct OldRoundTests {
  /// Scores of two kinds of processor may differ by so much.
  private static let scoreTolerance = 1e-4
  private static let states = [
    "float32-training", "float32-scored", "bfloat16-scored",
  ]
  private static let round: JSONObject = ["round": 2]
  private static let next: JSONObject = ["round": 3]

  let fixtures = Fixtures.first

  @Test(arguments: states) func aRoundOfAnEarlierBuildIsFinished(state: String) throws {
    let old = try OldStage(state, of: fixtures)
    let validators = [old.coordinator, old.verifier]
    try old.stage.startAll()
    try old.seal("the old round's submissions were verified", old.stage.daemons) {
      try old.miners.allSatisfy { try submission(of: $0)?["state"]?.stringValue == "verified" }
    }
    for miner in old.miners { try miner.stop() }
    try old.seal("the old round's Dama was verified", validators) {
      try validators.allSatisfy { try $0.find("round.verify", Self.next) != nil }
    }
    let base = String(state.prefix { $0 != "-" })
    let expected = try fixtures.document("rounds/\(base)-expected.json")
    for validator in validators {
      let known = try #require(expected[validator.name])
      try expectSameEnd(of: validator, as: known)
    }
    let status = try old.coordinator.status()
    #expect(status["problems"]?.arrayValue == [])
    #expect(status["round"]?["round"]?.intValue == 3)
    try expectWeights(old, expected["coordinator"]?["evaluation"])
  }

  private func submission(of miner: StageDaemon) throws -> JSONValue? {
    let list = try miner.call("submission.list", ["limit": 10])["items"]?.arrayValue ?? []
    return list.first { $0["round"]?.intValue == 2 }
  }

  private func expectSameEnd(of validator: StageDaemon, as known: JSONValue) throws {
    let name = validator.name
    let evaluation = try validator.call("evaluation.show", Self.round)
    let found = evaluation["outcomes"]?.arrayValue ?? []
    let outcomes = known["evaluation"]?["outcomes"]?.arrayValue ?? []
    #expect(found.count == 2 && outcomes.count == 2, "\(name)")
    var isSame = true
    for (now, then) in zip(found, outcomes) {
      #expect(now["hotkey"] == then["hotkey"], "\(name)")
      #expect(now["verdict"] == then["verdict"], "\(name): \(now)")
      #expect(now["code"] == then["code"], "\(name): \(now)")
      let (score, was) = (
        try #require(now["score"]?.doubleValue), try #require(then["score"]?.doubleValue)
      )
      #expect(abs(score - was) <= Self.scoreTolerance, "\(name): \(now)")
      isSame = isSame && now["score"] == then["score"]
    }
    let losses = evaluation["base_losses"]?.arrayValue ?? []
    let knownLosses = known["evaluation"]?["base_losses"]?.arrayValue ?? []
    #expect(losses.map { $0["name"] } == knownLosses.map { $0["name"] })
    for (now, then) in zip(losses, knownLosses) {
      let (loss, was) = (
        try #require(now["loss"]?.doubleValue), try #require(then["loss"]?.doubleValue)
      )
      #expect(abs(loss - was) <= Self.scoreTolerance, "\(name): \(now) instead of \(was)")
    }
    let round = try validator.call("round.show", Self.round)["round"]
    #expect(round?["state"]?.stringValue == "announced", "\(name)")
    let verification = try validator.call("round.verify", Self.next)
    #expect(verification["is_verified"] == true, "\(name): \(verification)")
    #expect(verification["differences"]?.arrayValue == [], "\(name)")
    let then = known["verification"]
    #expect(verification["recomputed"] != nil, "\(name)")
    // With the same candidates and scores, to the last bit, the Dama has the same bytes.
    if isSame, found.map({ $0["content_hash"] }) == outcomes.map({ $0["content_hash"] }) {
      #expect(verification["recomputed"] == then?["recomputed"], "\(name)")
    }
  }

  /// The ledger has the weights that follow from the scores: accepted miners have some.
  private func expectWeights(_ old: OldStage, _ evaluation: JSONValue?) throws {
    let list = try old.coordinator.call("weights.show", ["limit": 10])["items"]?.arrayValue ?? []
    let setting = try #require(list.first { $0["round"]?.intValue == 2 })
    #expect(setting["block"]?.intValue != nil)
    let accepted = (evaluation?["outcomes"]?.arrayValue ?? [])
      .filter { ($0["score"]?.doubleValue ?? 0) > 0 }.compactMap { $0["hotkey"]?.stringValue }
    let weighed = (setting["entries"]?.arrayValue ?? [])
      .filter { ($0["weight"]?.intValue ?? 0) > 0 }.compactMap { $0["hotkey"]?.stringValue }
    #expect(!accepted.isEmpty)
    #expect(Set(weighed) == Set(accepted))
  }
}
