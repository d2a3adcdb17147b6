import Foundation
import GenkiCore
import TestSupport
import Testing

/// A small base that `init-model` has made, and a text, in a folder of the test's own.
struct CommandBase {
  let folder: TemporaryFolder
  var base: String { folder.file("base") }
  var text: String { folder.file("text.txt") }

  private static let configuration = """
    {"model_type": "gpt_neo", "vocab_size": 2048, "hidden_size": 32, "num_layers": 2,
     "attention_types": [[["global", "local"], 1]], "num_heads": 4, "window_size": 16,
     "max_position_embeddings": 64, "bos_token_id": 0, "eos_token_id": 0}
    """
  static let tokenizer = Vectors.path("formats/tokenizers/gpt2/tokenizer.json")

  init() throws {
    folder = try TemporaryFolder()
    let configuration = try folder.write(Self.configuration, to: "config.json")
    let made = try ProgramRun(
      "genki-minerd",
      [
        "init-model", "--config", configuration, "--tokenizer", Self.tokenizer, "--out", base,
        "--seed", "5",
      ])
    try #require(made.status == 0, "\(made.errors)")
    let sentence = "Of all the miners who came home, none had seen the fire twice."
    let lines = (0..<200).map { "\($0): \(sentence)\n" }
    try folder.write(lines.joined(), to: "text.txt")
  }

  /// `finetune` of the base on the text.
  func finetune(_ out: String, _ more: [String] = []) -> [String] {
    [
      "finetune", "--base", base, "--data", text, "--out", folder.file(out), "--steps", "8",
      "--batch", "4", "--block-size", "32", "--learning-rate", "1e-3", "--threads", "1",
    ] + more
  }
}

extension ProgramRun {
  /// Stdout as one JSON object a line.
  func events() throws -> [JSONValue] {
    try output.split(separator: "\n").map {
      try JSONValue.parse(String($0), source: "standard output")
    }
  }
}
