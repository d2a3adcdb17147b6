import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// What ends a text is what transformers' `generate` takes: generation_config.json before config.json.
struct EndTokensTests {
  let folder: TemporaryFolder
  let configuration: ModelConfiguration

  init() throws {
    folder = try TemporaryFolder()
    let text = #"{"model_type": "llama", "eos_token_id": 5}"#
    configuration = try ModelConfiguration(
      json: JSONValue.parse(Array(text.utf8), source: "config.json"), source: "config.json")
  }

  private func ends(_ generation: String?) throws -> [Int] {
    if let generation { try folder.write(generation, to: "generation_config.json") }
    return try EndTokens.load(folder: folder.path, configuration: configuration)
  }

  @Test func withoutTheFileTheConfigurationDecides() throws {
    #expect(try ends(nil) == [5])
  }

  @Test(arguments: [
    (#"{"eos_token_id": [2, 0], "suppress_tokens": [1]}"#, [2, 0]), (#"{"eos_token_id": 7}"#, [7]),
    (#"{"eos_token_id": null}"#, [5]), (#"{"bos_token_id": 0}"#, [5]),
    (#"{"eos_token_id": -1}"#, [5]),
    (#"{"eos_token_id": []}"#, [5]),
  ])
  func theFileDecidesWhereItNamesSome(_ text: String, _ expected: [Int]) throws {
    #expect(try ends(text) == expected)
  }

  @Test(arguments: [
    "[2]", "{", #"{"eos_token_id": "</s>"}"#, #"{"eos_token_id": [1, -1]}"#,
    #"{"eos_token_id": 99999999999}"#,
  ])
  func aBrokenFileIsNamed(_ text: String) throws {
    let error = #expect(throws: (any Error).self) { try ends(text) }
    #expect("\(try #require(error))".contains("generation_config.json"))
  }

  @Test func aListWithoutEndIsRefused() throws {
    let ids = Array(repeating: "1", count: 65).joined(separator: ",")
    #expect(throws: ConfigurationError.self) { try ends(#"{"eos_token_id": [\#(ids)]}"#) }
  }
}
