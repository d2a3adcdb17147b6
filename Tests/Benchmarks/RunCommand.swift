import ArgumentParser
import BenchmarkSupport
import GenkiConsole
import GenkiCore

/// `run`: our side alone.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Measure our side; each workload in a process of its own, one JSON line each.",
    discussion: """
      Without a workload those that are compared with PyTorch are run; 'all' means every one.

      EXAMPLE:
        genki-bench run demo-full --seconds 10
      """)

  /// A turn lasts at least this long, so that its clock is exact.
  private static let sampleSeconds = 0.5

  @Argument(help: "What to measure; see 'list'.")
  var workloads: [String] = []
  @Option(help: ArgumentHelp("Measure at least this many steps.", valueName: "n"))
  var steps = 5
  @Option(help: ArgumentHelp("Measure at least this long.", valueName: "s"))
  var seconds = 5.0
  @OptionGroup var measure: MeasureOptions

  func validate() throws {
    guard steps >= 1 else { throw ValidationError("--steps \(steps): 1 or more is needed") }
    guard seconds >= 0, seconds <= 86_400 else {
      throw ValidationError("--seconds \(seconds): 0 to a day is possible")
    }
  }

  func run() throws {
    let console = Console(json: true)
    let interruptions = Interruptions()
    for workload in try WorkloadTable.named(workloads) {
      try CachedModel(workload: workload, inputs: measure.inputs)
        .prepare(workload) { console.error("genki-bench: \($0)") }
      let threads = measure.threads(of: workload)
      let peer = try MeasuredPeer(
        .genki(workload, inputs: measure.inputs, threads: threads, kernel: measure.compute),
        workload: workload,
        threads: threads, turnSeconds: Self.sampleSeconds, secondsMaximum: measure.turnSeconds,
        check: interruptions.check)
      defer { peer.end() }
      let begin = MachineFigures.monotonicSeconds
      while peer.measurement.steps < steps
        || MachineFigures.monotonicSeconds - begin < seconds
      {
        try peer.turn()
      }
      console.event(peer.measurement.json)
    }
    try console.finish()
  }
}
