import GenkiConsole
import GenkiCore

/// What rounds in a storm have shown.
package struct StormFigures {
  /// One round.
  package struct Round {
    let outcome: CrashOutcome
    let kills: Int
    let faults: [GatewayFault: Int]
    let refusedConnections: Int
    let weather: [StormWeather.Event: Int]
    let verdicts: NodeVerdicts
    var problems: [String]
    /// The hotkey that had another client.
    let rival: String
    let hasRaced: Bool
    let names: [String: String]
  }

  package private(set) var rounds: [Round] = []

  /// What was not as it should be; empty if all is well.
  package var problems: [String] {
    rounds.enumerated().flatMap { index, round in round.problems.map { "round \(index): \($0)" } }
  }

  mutating func add(_ round: Round) {
    var round = round
    let rival = round.names[round.rival] ?? round.rival
    round.problems += round.outcome.faults.filter { !Self.isMeant($0, rival: rival) }
    round.problems += round.verdicts.internalErrors.map { "the node failed: \($0)" }
    for (validator, accepted) in round.outcome.accepted.sorted(by: { $0.key < $1.key })
    where accepted.count != 3 {
      round.problems.append("\(validator) accepted \(accepted.count) models of 3")
    }
    if !round.hasRaced { round.problems.append("the other client took no nonce") }
    rounds.append(round)
  }

  /// What belongs to a storm: the rival's call fails, a reveal may come too early, and the network is
  /// bad until the end.
  private static func isMeant(_ fault: String, rival: String) -> Bool {
    fault.hasPrefix("\(rival)'s weights") || fault.contains("RevealTooEarly")
      || fault.contains("cannot be reached")
  }

  func line(ofRound index: Int) -> String {
    let round = rounds[index]
    let faults = round.faults.values.reduce(0, +)
    return "round \(index): \(faults) faults, \(round.kills) kills, block \(round.outcome.block), "
      + (round.problems.isEmpty ? "well" : "\(round.problems.count) PROBLEMS")
  }

  /// How often what happened.
  var table: TextTable {
    var table = TextTable([("WHAT", .left), ("TIMES", .right)])
    func add(_ name: String, _ count: (Round) -> Int) {
      table.add([name, "\(rounds.reduce(0) { $0 + count($1) })"])
    }
    for fault in GatewayFault.allCases {
      add(fault.rawValue) { $0.faults[fault] ?? 0 }
    }
    add("connections refused") { $0.refusedConnections }
    for event in StormWeather.Event.allCases {
      add(event.rawValue) { $0.weather[event] ?? 0 }
    }
    add("nonces taken by another client") { $0.hasRaced ? 1 : 0 }
    add("daemons killed") { $0.kills }
    add("extrinsics accepted by the node") { $0.verdicts.count("accepted") }
    add("extrinsics in blocks, forks included") { $0.verdicts.count("included") }
    add("calls in effect at the end") { $0.outcome.calls.values.reduce(0, +) }
    add("submissions refused by the node") { $0.verdicts.count("rejected") }
    return table
  }

  /// Why the node refused submissions, and how often.
  var rejections: [String: Int] {
    var counts: [String: Int] = [:]
    for round in rounds {
      for reason in round.verdicts.rejections { counts[reason, default: 0] += 1 }
    }
    return counts
  }

  /// The one document of `--json`.
  var json: JSONValue {
    func counted(_ pairs: [(String, Int)]) -> JSONValue {
      .object(JSONObject(entries: pairs.map { (key: $0.0, value: JSONValue($0.1)) }))
    }
    return [
      "rounds": .array(
        rounds.map { round in
          [
            "faults": counted(GatewayFault.allCases.map { ($0.rawValue, round.faults[$0] ?? 0) }),
            "weather": counted(
              StormWeather.Event.allCases.map { ($0.rawValue, round.weather[$0] ?? 0) }),
            "kills": JSONValue(round.kills),
            "accepted": JSONValue(round.verdicts.count("accepted")),
            "included": JSONValue(round.verdicts.count("included")),
            "rejected": JSONValue(round.verdicts.count("rejected")),
            "calls": counted(round.outcome.calls.sorted { $0.key < $1.key }.map { ($0, $1) }),
            "seconds": .number(round.outcome.seconds),
          ]
        }),
      "rejections": counted(rejections.sorted { $0.key < $1.key }.map { ($0, $1) }),
      "problems": .array(problems.map { .string($0) }),
    ]
  }
}
