import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// What users of such programs ran into, with inputs of our own and values by other programs.
struct FormatCaseTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func place(_ name: String) -> String { Vectors.path("cases/\(name)") }

  @Test func generationConfigurationEndsATextAndIsKept() throws {
    let place = place("04-generation-config-ignored-and-dropped")
    let expected = try JSONValue.parse(file: "\(place)/expected.json", sizeLimit: 1 << 16)
    let prompt = try #require(expected["prompt"]?.stringValue)
    let most = try #require(expected["max_tokens"]?.intValue)
    func ids(_ model: String) throws -> [Int] {
      let run = try ProgramRun(
        "genki-minerd",
        ["generate", "--model", model, "--prompt", prompt, "--max-tokens", "\(most)", "--json"])
      return (try run.document()["ids"]?.arrayValue ?? []).compactMap(\.intValue)
    }
    func list(_ key: String) -> [Int] {
      (expected[key]?.arrayValue ?? []).compactMap(\.intValue)
    }
    // transformers gives the end token, too; ours does not return it.
    #expect(try ids("\(place)/model") == Array(list("ids_by_generate").dropLast()))
    let out = folder.file("out")
    let run = try ProgramRun(
      "genki-minerd",
      [
        "finetune", "--base", "\(place)/model", "--data", "\(place)/chat.jsonl", "--out", out,
        "--steps", "1", "--block-size", "32",
      ])
    try #require(run.status == 0, "\(run.errors)")
    for name in ["generation_config.json", "tokenizer_config.json", "tokenizer.json"] {
      #expect(
        try TextFile.readBytes("\(out)/\(name)", sizeLimit: 1 << 20)
          == TextFile.readBytes("\(place)/model/\(name)", sizeLimit: 1 << 20))
    }
    unlink("\(out)/generation_config.json")
    try FileManager.default.removeItem(atPath: "\(out)/model.safetensors")
    try FileManager.default.copyItem(
      atPath: "\(place)/model/model.safetensors", toPath: "\(out)/model.safetensors")
    #expect(try ids(out) == list("ids_without_the_end"))
  }

  @Test(arguments: ["evaluate", "finetune", "score"])
  func aHeadThatTheConfigurationDeniesIsRefusedByName(_ command: String) throws {
    let place = place("06-different-head-of-tied-model-ignored")
    let more =
      switch command {
      case "finetune": ["--out", folder.file("out"), "--steps", "1"]
      case "score": ["--model", "\(place)/model"]
      default: [String]()
      }
    let run = try ProgramRun(
      command == "finetune" ? "genki-minerd" : "genki-validatord",
      [
        command, "--base", "\(place)/model", "--data", "\(place)/text.txt", "--block-size", "32",
      ] + more)
    #expect(run.status == ErrorKind.invalidData.rawValue)
    #expect(run.errors.contains("lm_head.weight") && run.errors.contains("tie_word_embeddings"))
  }

  @Test func threeEpochsAreThreePasses() throws {
    let place = place("07-epochs-rounded-up-each-time")
    let expected = try JSONValue.parse(file: "\(place)/expected.json", sizeLimit: 1 << 16)
    func number(_ key: String) throws -> Int { try #require(expected[key]?.intValue) }
    let run = try ProgramRun(
      "genki-minerd",
      [
        "finetune", "--base", "\(place)/base", "--data", "\(place)/rows.jsonl", "--block-size",
        "\(number("block_size"))", "--batch", "\(number("batch"))", "--epochs",
        "\(number("epochs"))", "--eval-fraction", "0", "--out", folder.file("out"), "--json",
      ])
    let tokens = try run.events().filter { $0["event"] == "step" }
      .reduce(0) { $0 + ($1["tokens"]?.intValue ?? 0) }
    let windows = try tokens / number("block_size")
    #expect(try (number("windows_wanted")...number("windows_at_most")).contains(windows))
  }

  @Test(arguments: ["base-bf16", "base-fp16"])
  func aFullFinetuneOfA16BitBaseLosesNothing(_ base: String) throws {
    let place = place("01-full-finetune-of-16-bit-base-is-rejected")
    let out = folder.file("out")
    let run = try ProgramRun(
      "genki-minerd",
      [
        "finetune", "--base", "\(place)/\(base)", "--data", "\(place)/text.txt", "--out", out,
        "--steps", "10", "--block-size", "32", "--learning-rate", "0.003",
      ])
    try #require(run.status == 0, "\(run.errors)")
    let weights = try WeightSet.open(folder: out)
    #expect(weights.names.allSatisfy { weights.info($0)?.type == .F32 })
    let asked = try JSONValue.parse(file: "\(out)/config.json", sizeLimit: 1 << 16)
    #expect((asked["dtype"] ?? asked["torch_dtype"]) == "float32")
  }
}
