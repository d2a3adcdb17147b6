import Foundation
import GenkiCore
import TestSupport
import Testing

/// A small chat model of random weights: it talks without end, and never sense.
struct ChatBase {
  let folder: TemporaryFolder
  var model: String { folder.file("model") }

  /// - Parameter context: The tokens that it can look at.
  init(context: Int = 4096) throws {
    folder = try TemporaryFolder()
    let configuration = try folder.write(
      """
      {"model_type": "llama", "vocab_size": 2048, "hidden_size": 32, "intermediate_size": 64,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": \(context), "bos_token_id": 0, "eos_token_id": 0}
      """, to: "config.json")
    let made = try ProgramRun(
      "genki-minerd",
      [
        "init-model", "--config", configuration, "--tokenizer", CommandBase.tokenizer, "--out",
        model, "--seed", "5",
      ])
    try #require(made.status == 0, "\(made.errors)")
  }

  /// `chat` with it at a terminal; notes go to a file where one is named.
  func chat(_ more: [String] = [], errors: String? = nil, environment: [String: String] = [:])
    throws -> TerminalProgram
  {
    try TerminalProgram(
      "genki-minerd",
      ["chat", "--model", model, "--chat-template", "plain", "--temperature", "0"] + more,
      errors: errors, environment: environment)
  }

  /// `generate` with it.
  func generate(_ arguments: [String], input: String = "") throws -> ProgramRun {
    try ProgramRun(
      "genki-minerd", ["generate", "--model", model, "--chat-template", "plain"] + arguments,
      input: input)
  }

  /// The turns that a file of `/save` holds, as role and content.
  func saved(_ name: String) throws -> [[String]] {
    let json = try JSONValue.parse(file: folder.file(name), sizeLimit: 1 << 20)
    let turns = try #require(json["messages"]?.arrayValue)
    return turns.map { [$0["role"]?.stringValue ?? "", $0["content"]?.stringValue ?? ""] }
  }
}
