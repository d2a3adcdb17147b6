import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTrain
import TestSupport

/// A folder with a base of one small layer and a text, for runs of milliseconds.
struct TinyBase {
  let folder: TemporaryFolder
  var base: String { folder.file("base") }
  var data: String { folder.file("text.txt") }

  /// The vocabulary of the copied GPT-2 tokenizer.
  static let configuration = """
    {"model_type": "gpt2", "vocab_size": 2048, "n_embd": 16, "n_layer": 1, "n_head": 2,
     "n_positions": 64, "bos_token_id": 0, "eos_token_id": 0}
    """

  init(changingWeights change: (UnsafeMutableBufferPointer<Float>) -> Void = { _ in }) throws {
    folder = try TemporaryFolder()
    let json = try JSONValue.parse(Array(Self.configuration.utf8), source: "tiny")
    let model = try LanguageModel(
      configuration: ModelConfiguration(json: json, source: "tiny"))
    model.initialize(seed: 3)
    change(model.weights)
    try model.save(folder: base, type: .F32)
    try FileManager.default.copyItem(
      atPath: Vectors.path("formats/tokenizers/gpt2/tokenizer.json"),
      toPath: base + "/tokenizer.json")
    try folder.write(Self.text(lines: 120), to: "text.txt")
  }

  /// Lines that repeat enough to be learned.
  static func text(lines: Int) -> String {
    let words = ["miners", "bring", "the", "fire", "home", "before", "night", "falls"]
    return (0..<lines).map { line in
      (0..<8).map { words[(line * $0 + line / 3) % words.count] }.joined(separator: " ") + ".\n"
    }.joined()
  }

  /// Six steps of two windows, two threads.
  func options(out: String = "out") -> FinetuneOptions {
    var options = FinetuneOptions(base: base, data: [data], out: folder.file(out))
    options.length = .steps(6)
    options.batchRows = 2
    options.blockSize = 16
    options.learningRate = 3e-3
    options.evaluationFraction = 0.1
    options.checkpointEvery = 2
    options.threads = 2
    return options
  }
}

/// Collects a run's events.
final class EventLog {
  private(set) var events: [FinetuneEvent] = []

  func add(_ event: FinetuneEvent) { events.append(event) }

  /// The kinds in order, as `--json` names them.
  var names: [String] { events.compactMap { $0.json["event"]?.stringValue } }

  /// How many steps were done.
  var steps: Int { names.count { $0 == "step" } }

  var losses: [Double] {
    events.compactMap { if case .step(let step) = $0 { step.loss } else { nil } }
  }
}

extension FinetuneRun.Outcome {
  /// The summary of a run that ended.
  var summary: FinetuneSummary? { if case .done(let summary) = self { summary } else { nil } }
}
