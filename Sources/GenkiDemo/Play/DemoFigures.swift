import GenkiCore
import GenkiReport

/// Everything that some rounds brought, as values.
package struct DemoFigures {
  package var rounds: [RoundFigures] = []
  /// The base's training.
  package var base: RoundReport.TrainingCurve?
  package var prompt = ""
  /// What each model writes: the base, then the Dama of each round.
  package var samples: [String] = []
  package var phases: [RoundReport.Phase] = []
  /// In the order in which they were started.
  package var daemons: [Daemon] = []

  /// What a daemon took.
  package struct Daemon {
    package let name: String
    package let program: String
    /// The most memory that it had in use; nil where the system did not say.
    package let peakMemoryBytes: Int?

    init(_ daemon: StageDaemon) {
      name = daemon.name
      program = daemon.program.rawValue
      peakMemoryBytes = daemon.peakMemoryBytes
    }
  }

  /// A demo in which nothing has happened yet.
  package init() {}

  /// What the demo must show; empty if it does.
  package var problems: [String] {
    rounds.isEmpty ? ["no round was played"] : rounds.flatMap(\.problems)
  }

  package var seconds: Double { phases.reduce(0) { $0 + $1.seconds } }

  /// The one document that `--json` ends with; the top-level figures are those of round 1.
  package var json: JSONValue {
    var document = rounds.first?.json ?? [:]
    document["rounds"] = .array(rounds.map { .object($0.json) })
    document["sample"] = .object([
      "prompt": .string(prompt), "texts": .array(samples.map { .string($0) }),
    ])
    var entries = phases.map { (key: $0.name, value: JSONValue.number($0.seconds)) }
    entries.append((key: "total", value: .number(seconds)))
    document["seconds"] = .object(JSONObject(entries: entries))
    document["daemons"] = .array(
      daemons.map { daemon in
        [
          "name": .string(daemon.name), "program": .string(daemon.program),
          "peak_memory_bytes": JSONValue(daemon.peakMemoryBytes),
        ]
      })
    return .object(document)
  }

  /// The page of a round, counted from 0.
  package func report(_ index: Int) -> RoundReport {
    var report = rounds[index].report
    if let base { report.trainings.insert(base, at: 0) }
    if samples.indices.contains(index + 1) {
      report.samples = [
        RoundReport.TextSample(prompt: prompt, base: samples[index], dama: samples[index + 1])
      ]
    }
    report.phases = phases
    return report
  }
}
