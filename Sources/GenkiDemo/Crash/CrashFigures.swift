import GenkiConsole
import GenkiCore

/// What a crash test has shown.
package struct CrashFigures {
  package let seed: UInt64
  package var reference = CrashOutcome()
  var kills: [Killer.Kill] = []
  /// Rounds that were disturbed.
  package var rounds = 0
  /// What was not as in the undisturbed round; empty if all is well.
  package var problems: [String] = []
  package var seconds = 0.0

  init(seed: UInt64) { self.seed = seed }

  package var killCount: Int { kills.count }

  private func count(_ phase: DaemonTrace.Phase, isAimed: Bool) -> Int {
    kills.count { $0.phase == phase && $0.isAimed == isAimed }
  }

  /// In which phases daemons were when they were killed: at random times, and on purpose.
  var table: TextTable {
    var table = TextTable([
      ("PHASE", .left), ("KILLS", .right), ("AT RANDOM TIMES", .right), ("AIMED", .right),
    ])
    for phase in DaemonTrace.Phase.allCases {
      let counts = [count(phase, isAimed: false), count(phase, isAimed: true)]
      table.add([phase.rawValue, "\(counts[0] + counts[1])", "\(counts[0])", "\(counts[1])"])
    }
    let aimed = kills.count { $0.isAimed }
    table.add(["all", "\(kills.count)", "\(kills.count - aimed)", "\(aimed)"])
    return table
  }

  /// The one document of `--json`.
  package var json: JSONValue {
    let phases = DaemonTrace.Phase.allCases.map { phase in
      (
        key: phase.rawValue,
        value: JSONValue.object([
          "random": JSONValue(count(phase, isAimed: false)),
          "aimed": JSONValue(count(phase, isAimed: true)),
        ])
      )
    }
    return .object([
      "seed": JSONValue(Int(clamping: seed)), "kills": JSONValue(kills.count),
      "rounds": JSONValue(rounds), "seconds": .number(seconds),
      "phases": .object(JSONObject(entries: phases)),
      "undisturbed": .object(reference.json),
      "problems": .array(problems.map { .string($0) }),
    ])
  }
}
