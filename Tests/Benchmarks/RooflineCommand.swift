import ArgumentParser
import BenchmarkSupport
import GenkiConsole
import GenkiCore

/// `roofline`: our side beside what the machine can do at most.
struct RooflineCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "roofline",
    abstract: "Measure the machine's peaks, and what share of them our side reaches.",
    discussion: """
      The peaks are multiply-adds in the precision of --compute, and reads of memory. Decoding is held against the reads, \
      all else against the multiply-adds. Without a workload those that are compared \
      with PyTorch are measured.

      EXAMPLE:
        genki-bench roofline tinystories-1m-full smollm2-decoding
      """)

  @Argument(help: "What to measure; see 'list'.")
  var workloads: [String] = []
  @Option(help: ArgumentHelp("The turns of each workload.", valueName: "n"))
  var rounds = 5
  @OptionGroup var measure: MeasureOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1000).contains(rounds) else {
      throw ValidationError("--rounds \(rounds): 1 to 1000 are possible")
    }
  }

  func run(_ console: Console) throws {
    let interruptions = Interruptions()
    var documents: [JSONValue] = []
    console.line("| workload | tok/s | done | peak | share |")
    console.line("| --- | ---: | ---: | ---: | ---: |")
    for workload in try WorkloadTable.named(workloads) {
      guard let shape = workload.shape else {
        console.error("genki-bench: \(workload.name) has no model, so no limit is known")
        continue
      }
      let threads = measure.threads(of: workload)
      try CachedModel(workload: workload, inputs: measure.inputs)
        .prepare(workload, note: console.note)
      // The peaks of the same minute, before and after: other work on the machine lowers both.
      let before = try MachinePeaks.measure(threads: threads, kernel: measure.compute)
      let result = try TurnRounds.run(
        [workload], inputs: measure.inputs, threads: { _ in threads },
        kernel: measure.compute, rounds: rounds,
        turnSeconds: 1, secondsMaximum: measure.turnSeconds, check: interruptions.check)
      let after = try MachinePeaks.measure(threads: threads, kernel: measure.compute)
      let speed = result.measurements.first?.speeds.median ?? .nan
      let share = try Share(workload, shape, speed: speed, peaks: [before, after])
      console.line(share.line(workload.name))
      documents.append(share.json(workload.name))
    }
    console.document(.array(documents))
  }

  /// What is done a second, beside the peak of its kind.
  private struct Share {
    let speed: Double
    let done: Double
    let peak: Double
    let unit: String

    init(_ workload: Workload, _ shape: ModelShape, speed: Double, peaks: [MachinePeaks]) throws {
      let arithmetic = Arithmetic(try shape.configuration())
      self.speed = speed
      if let bytes = arithmetic.weightBytesPerToken(workload.task) {
        done = speed * bytes
        peak = peaks.map(\.readBytesPerSecond).max() ?? .nan
        unit = "GB/s"
      } else {
        done = speed * arithmetic.operationsPerToken(workload.task)
        peak = peaks.map(\.operationsPerSecond).max() ?? .nan
        unit = "GF/s"
      }
    }

    func line(_ name: String) -> String {
      let values = [done, peak].map { "\(ComparisonTable.fixed($0 / 1e9, 0)) \(unit)" }
      let share = ComparisonTable.fixed(100 * done / peak, 0)
      return "| \(name) | \(ComparisonTable.fixed(speed, 1)) | \(values[0]) | \(values[1]) "
        + "| \(share) % |"
    }

    func json(_ name: String) -> JSONValue {
      [
        "workload": .string(name), "tokens_per_second_median": .number(speed),
        "done_per_second": .number(done), "peak_per_second": .number(peak),
        "unit": unit == "GB/s" ? "bytes" : "operations",
      ]
    }
  }
}
