import ArgumentParser
import BenchmarkSupport
import GenkiConsole
import GenkiCore

/// `turns`: several workloads of our side, related to the first.
struct TurnsCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "turns",
    abstract: "Let workloads of our side take turns, and relate each one's speed to the first's.",
    discussion: """
      For what one thread or a small batch costs.

      EXAMPLE:
        genki-bench turns tinystories-1m-full-one-thread tinystories-1m-full
      """)

  @Argument(help: "What to measure; see 'list'.")
  var workloads: [String]
  @Option(help: ArgumentHelp("The turns of each workload.", valueName: "n"))
  var rounds = 5
  @Option(help: ArgumentHelp("A turn lasts this long, or one step.", valueName: "s"))
  var turnLength = 1.0
  @OptionGroup var measure: MeasureOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1000).contains(rounds) else {
      throw ValidationError("--rounds \(rounds): 1 to 1000 are possible")
    }
    guard turnLength > 0, turnLength <= 3600 else {
      throw ValidationError("--turn-length \(turnLength): more than 0 and at most 3600 s")
    }
  }

  func run(_ console: Console) throws {
    let interruptions = Interruptions()
    let workloads = try WorkloadTable.named(workloads)
    for workload in workloads {
      try CachedModel(workload: workload, inputs: measure.inputs)
        .prepare(workload, note: console.note)
    }
    let rounds = try TurnRounds.run(
      workloads, inputs: measure.inputs, threads: measure.threads(of:), kernel: measure.compute,
      rounds: rounds,
      turnSeconds: turnLength, secondsMaximum: measure.turnSeconds, check: interruptions.check)
    rounds.lines.forEach(console.line)
    console.document(
      .array(
        rounds.measurements.enumerated().map { index, measurement in
          [
            "measurement": measurement.json,
            "ratio_to_first": .number(rounds.ratios(index).median),
          ]
        }))
  }
}
