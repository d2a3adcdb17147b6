import ArgumentParser
import BenchmarkSupport
import Foundation
import GenkiConsole
import GenkiCore

extension PeerCommand.Other: ExpressibleByArgument {}

/// `compare`: both sides in turns.
struct CompareCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract:
      "Let another program and our side take turns, and print the ratios as a Markdown table.",
    discussion: """
      Both sides load the same model folder, get the same tokens and must have the same losses. \
      Whoever waits does nothing. Without a workload those with a goal are compared; 'all' means \
      every one.

      EXAMPLES:
        genki-bench compare --python .venv/bin/python --workload demo-full
        genki-bench compare --python .venv/bin/python --beside llama --workload decoding-bfloat16
      """)

  enum DataType: String, ExpressibleByArgument, CaseIterable {
    case float32
    case bfloat16
  }

  @Option(
    help: ArgumentHelp(
      "A Python that has torch, transformers, peft and tokenizers.", valueName: "path"))
  var python: String
  @Option(
    help: ArgumentHelp("PyTorch's side; that of tokenizers lies beside it.", valueName: "file"))
  var script = "Tests/Benchmarks/torch_peer.py"
  @Option(help: ArgumentHelp("What to compare; can be given several times.", valueName: "name"))
  var workload: [String] = []
  @Option(help: ArgumentHelp("The pairs of turns of each workload.", valueName: "n"))
  var pairs = 5
  @Option(
    help: ArgumentHelp(
      "PyTorch, or llama.cpp in decoding (a Python with llama-cpp-python, gguf and numpy).",
      valueName: "torch|llama"))
  var beside = PeerCommand.Other.torch
  @Option(help: "What PyTorch computes in.")
  var torchDtype: DataType = .float32
  @Option(help: ArgumentHelp("A turn lasts this long, or one step.", valueName: "s"))
  var turnLength = 1.0
  @OptionGroup var measure: MeasureOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1000).contains(pairs) else {
      throw ValidationError("--pairs \(pairs): 1 to 1000 are possible")
    }
    guard turnLength > 0, turnLength <= 3600 else {
      throw ValidationError("--turn-length \(turnLength): more than 0 and at most 3600 s")
    }
  }

  func run(_ console: Console) throws {
    let interruptions = Interruptions()
    let workloads = try WorkloadTable.named(workload)
    var documents: [JSONValue] = []
    var differences: [String] = []
    ComparisonTable.head.forEach(console.line)
    for workload in workloads {
      let comparison = try compare(workload, console: console, check: interruptions.check)
      console.fragment(ComparisonTable.row(comparison) + "\n")
      if let disturbance = comparison.disturbance {
        console.error("genki-bench: \(workload.name): \(disturbance)")
      }
      documents.append(comparison.json)
      if let difference = comparison.difference {
        differences.append("\(workload.name): \(difference)")
      }
    }
    console.document(["comparisons": .array(documents)])
    guard differences.isEmpty else {
      for difference in differences { console.error("genki-bench: different work: \(difference)") }
      throw ExitCode(ErrorKind.failed.rawValue)
    }
  }

  private func compare(
    _ workload: Workload, console: Console, check: @escaping () throws -> Void
  ) throws -> Comparison {
    try CachedModel(workload: workload, inputs: measure.inputs)
      .prepare(workload, note: console.note)
    let threads = measure.threads(of: workload)
    console.note("\(workload.name): \(workload.summary)")
    return try Comparison.run(
      workload,
      ours: .genki(workload, inputs: measure.inputs, threads: threads, kernel: measure.compute),
      theirs: .other(
        workload, beside: beside, python: python, script: script, dataType: torchDtype.rawValue,
        inputs: measure.inputs, threads: threads),
      threads: (threads, threads), pairs: pairs, turnSeconds: turnLength,
      secondsMaximum: measure.turnSeconds, check: check
    ) { ratio in console.note("  ratio \(ComparisonTable.fixed(ratio, 2))") }
  }
}
