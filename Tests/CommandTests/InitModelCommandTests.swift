import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

struct InitModelCommandTests {
  private static let small = """
    {"model_type": "llama", "vocab_size": 2048, "hidden_size": 16, "num_hidden_layers": 1,
     "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 32}
    """

  private func make(
    _ folder: TemporaryFolder, _ configuration: String, _ more: [String] = []
  ) throws -> ProgramRun {
    let path = try folder.write(configuration, to: "config.json")
    return try ProgramRun(
      "genki-minerd",
      [
        "init-model", "--config", path, "--tokenizer", CommandBase.tokenizer, "--out",
        folder.file("out"), "--json",
      ] + more)
  }

  @Test func theSeedDecidesTheWeights() throws {
    func digest(_ seed: String) throws -> String? {
      let folder = try TemporaryFolder()
      let document = try make(folder, Self.small, ["--seed", seed]).document()
      let digest = document["sha256"]?.stringValue
      #expect(
        digest == (try SHA256Hasher.digest(ofFile: folder.file("out") + "/model.safetensors").hex))
      return digest
    }
    #expect(try digest("1") == digest("1"))
    #expect(try digest("1") != digest("2"))
  }

  @Test func anExistingFolderIsLeftAlone() throws {
    let folder = try TemporaryFolder()
    try folder.write("mine", to: "out/notes.txt")
    #expect(try make(folder, Self.small).status == ErrorKind.cannotCreate.rawValue)
    #expect(try folder.names() == ["config.json", "out"])
  }

  @Test(arguments: [
    ("not JSON", "config.json"),
    ("{}", "model_type"),
    ("{\"model_type\": \"bert\"}", "bert"),
    (
      """
      {"model_type": "gpt2", "vocab_size": 100, "n_embd": 16, "n_layer": 1, "n_head": 2}
      """, "the tokenizer has 2048 ids"
    ),
    (
      """
      {"model_type": "gpt2", "vocab_size": 2048, "n_embd": 15, "n_layer": 1, "n_head": 2}
      """, "heads"
    ),
  ])
  func aConfigurationThatCannotBeUsedIsRefused(configuration: String, says: String) throws {
    let folder = try TemporaryFolder()
    let run = try make(folder, configuration)
    #expect(run.status == ErrorKind.invalidData.rawValue, "\(run.errors)")
    #expect(run.errors.contains(says), "\(run.errors)")
    #expect(try folder.names() == ["config.json"])
  }
}
