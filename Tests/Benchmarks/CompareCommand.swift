import ArgumentParser
import BenchmarkSupport
import Foundation
import GenkiConsole
import GenkiCore
import GenkiTensor

extension PeerCommand.Other: ExpressibleByArgument {}

/// `compare`: both sides in turns.
struct CompareCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract:
      "Let another program and our side take turns, and print the ratios as a Markdown table.",
    discussion: """
      Both sides load the same model folder, get the same tokens and must have the same losses. \
      Whoever waits does nothing. PyTorch's ways (float32 or bfloat16; eager, compiled, or compiled \
      with frozen weights) are tried beforehand and the fastest takes part. Without a workload those \
      of docs/performance.md are compared; 'all' means every one.

      EXAMPLES:
        genki-bench compare --python .venv/bin/python --workload demo-full
        genki-bench compare --python .venv/bin/python --workload gemma3-lora --also-compute bf16
        genki-bench compare --python .venv/bin/python --beside llama --workload decoding-bfloat16
      """)

  enum DataType: String, ExpressibleByArgument, CaseIterable {
    case best
    case float32
    case bfloat16
  }

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case best
    case eager
    case compile
    case frozen
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
  @Option(help: "What PyTorch computes in; 'best' is what a trial shows to be faster.")
  var torchDtype: DataType = .best
  @Option(help: "Whether PyTorch compiles, and whether it packs weights that do not change.")
  var torchMode: Mode = .best
  @Option(
    help: ArgumentHelp(
      "Let a second worker of ours take turns, too, that computes so.", valueName: "kernel"))
  var alsoCompute: ProductKernel?
  @Option(help: ArgumentHelp("A turn lasts this long, or one step.", valueName: "s"))
  var turnLength = 1.0
  @OptionGroup var measure: MeasureOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...1000).contains(pairs) else {
      throw ValidationError("--pairs \(pairs): 1 to 1000 are possible")
    }
    if let alsoCompute, !alsoCompute.isAvailable {
      throw ValidationError("--also-compute \(alsoCompute.rawValue): this processor cannot")
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
      for comparison in try compare(workload, console: console, check: interruptions.check) {
        console.fragment(ComparisonTable.row(comparison) + "\n")
        if let disturbance = comparison.disturbance {
          console.error("genki-bench: \(workload.name): \(disturbance)")
        }
        documents.append(comparison.json)
        if let difference = comparison.difference {
          differences.append("\(workload.name): \(difference)")
        }
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
  ) throws -> [Comparison] {
    try CachedModel(workload: workload, inputs: measure.inputs)
      .prepare(workload, note: console.note)
    console.note("\(workload.name): \(workload.summary)")
    let conditions = TurnConditions(
      turnSeconds: turnLength, secondsMaximum: measure.turnSeconds, check: check)
    let choice = try choose(workload, conditions: conditions, note: console.note)
    return try Comparison.run(
      workload,
      ours: kernels(of: workload).map {
        .genki(
          workload, inputs: measure.inputs, threads: measure.threads(of: workload), kernel: $0)
      },
      theirs: command(workload, choice.setting), choice: choice,
      threads: measure.threads(of: workload), pairs: pairs, conditions: conditions
    ) { ratios in
      let texts = ratios.map { ComparisonTable.fixed($0, 2) }
      console.note("  ratio \(texts.joined(separator: ", "))")
    }
  }

  /// How PyTorch does it: the fastest of what the options leave.
  private func choose(
    _ workload: Workload, conditions: TurnConditions, note: (String) -> Void
  ) throws -> PeerChoice {
    // Its weights' type is the file's, and nothing of it is compiled.
    if beside == .llama { return PeerChoice(.plain) }
    let candidates = try PeerChoice.candidates(
      workload, dataType: .init(rawValue: torchDtype.rawValue),
      mode: .init(rawValue: torchMode.rawValue))
    return try PeerChoice.best(of: candidates, workload: workload, note: note) { setting, earlier in
      try PeerTrial.run(
        setting, command: command(workload, setting), workload: workload, earlier: earlier,
        conditions: conditions)
    }
  }

  private func kernels(of workload: Workload) -> [ProductKernel] {
    guard let alsoCompute, workload.hasKernels else { return [measure.compute] }
    return [measure.compute, alsoCompute]
  }

  private func command(_ workload: Workload, _ setting: PeerSetting) throws -> PeerCommand {
    try .other(
      workload, beside: beside, python: python, script: script, setting: setting,
      inputs: measure.inputs, threads: measure.threads(of: workload))
  }
}
