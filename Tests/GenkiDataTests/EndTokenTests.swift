import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

@Suite("The end token of a model folder")
struct EndTokenTests {
  let folder: TemporaryFolder
  let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/llama3"))
  }

  private func endToken(_ rules: DatasetOptions.Rules = .current) throws -> EndToken {
    try DatasetOptions(
      blockSize: 8, modelFolder: folder.path, tokenizer: tokenizer, rules: rules
    ).endToken
  }

  private func id(_ token: String) throws -> Int32 { try #require(tokenizer.id(of: token)) }

  @Test(arguments: [
    ("tokenizer_config.json", #"{"eos_token": "<|eot_id|>"}"#),
    ("tokenizer_config.json", #"{"eos_token": {"content": "<|eot_id|>", "lstrip": false}}"#),
    ("special_tokens_map.json", #"{"eos_token": "<|eot_id|>"}"#),
    ("special_tokens_map.json", #"{"eos_token": {"content": "<|eot_id|>"}}"#),
    ("config.json", #"{"eos_token_id": ID}"#), ("config.json", #"{"eos_token_id": [ID, 1]}"#),
    ("generation_config.json", #"{"eos_token_id": [ID]}"#),
  ]) func itIsFoundInEachFileThatNamesIt(file: String, text: String) throws {
    let expected = try id("<|eot_id|>")
    try folder.write(text.replacing("ID", with: "\(expected)"), to: file)
    #expect(try endToken() == EndToken(id: expected))
  }

  @Test func theTokenizersFilesCountBeforeTheModels() throws {
    let (text, header) = (try id("<|end_of_text|>"), try id("<|start_header_id|>"))
    try folder.write(#"{"eos_token_id": \#(text)}"#, to: "generation_config.json")
    #expect(try endToken().id == text)
    try folder.write(#"{"eos_token_id": [\#(header), \#(text)]}"#, to: "config.json")
    #expect(try endToken().id == header)
    try folder.write(#"{"eos_token": "<|end_header_id|>"}"#, to: "special_tokens_map.json")
    #expect(try endToken().id == id("<|end_header_id|>"))
    try folder.write(#"{"eos_token": "<|eot_id|>"}"#, to: "tokenizer_config.json")
    #expect(try endToken() == EndToken(id: id("<|eot_id|>")))
  }

  @Test func oneThatTheVocabularyLacksGivesWayToTheNextAndIsNamed() throws {
    try folder.write(#"{"eos_token": "</s>"}"#, to: "tokenizer_config.json")
    let text = try id("<|end_of_text|>")
    try folder.write(#"{"eos_token_id": [987654, \#(text)]}"#, to: "config.json")
    let found = try endToken()
    #expect(found.id == text)
    let remark = try #require(found.remark)
    for word in ["</s>", "tokenizer_config.json", "987654", "config.json", "\(text)"] {
      #expect(remark.contains(word), "\(remark)")
    }
  }

  @Test(arguments: [
    ("{}", "names no end token"), (#"{"eos_token": null}"#, "names no end token"),
    (#"{"eos_token": "</s>"}"#, "\"</s>\" (eos_token of tokenizer_config.json) is not in"),
  ]) func whereThereIsNoneTheReportSaysSo(configuration: String, says: String) throws {
    try folder.write(configuration, to: "tokenizer_config.json")
    let options = try DatasetOptions(
      blockSize: 32, modelFolder: folder.path, tokenizer: tokenizer)
    #expect(options.endToken.id == nil)
    for (name, line) in [
      ("a.jsonl", #"{"text": "a document"}"#), ("b.jsonl", #"{"prompt": "q", "completion": "a"}"#),
    ] {
      let path = try folder.write(line, to: name)
      let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
      let notes = dataset.report.files[0].notes
      #expect(notes.contains { $0.contains(says) }, "\(notes)")
    }
    // A stream of plain text has no end tokens anyway.
    let path = try folder.write(String(repeating: "plain text ", count: 20), to: "c.txt")
    let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    #expect(!dataset.report.files[0].notes.contains { $0.contains(says) })
  }

  @Test(arguments: ["special_tokens_map.json", "tokenizer_config.json"])
  func aMalformedNameIsRefusedWithItsFile(file: String) throws {
    try folder.write(#"{"eos_token": 7}"#, to: file)
    #expect(
      throws: DataError.tokenizerConfiguration(
        path: folder.file(file), key: "eos_token",
        reason: "neither a text nor an object with 'content'")
    ) { try endToken() }
  }

  /// Rounds of version 0.1: all validators look in one place only.
  @Test func underTheFirstRulesOneFileCounts() throws {
    try folder.write(#"{"eos_token": "<|eot_id|>"}"#, to: "special_tokens_map.json")
    try folder.write(#"{"eos_token_id": \#(try id("<|eot_id|>"))}"#, to: "config.json")
    #expect(try endToken(.first).id == nil)
    try folder.write(#"{"eos_token": "</s>"}"#, to: "tokenizer_config.json")
    #expect(try endToken(.first).id == nil)
    try folder.write(#"{"eos_token": "<|eot_id|>"}"#, to: "tokenizer_config.json")
    #expect(try endToken(.first) == EndToken(id: id("<|eot_id|>")))
  }

  @Test func theUsualNameIsTakenWhereNoFileHasAWord() throws {
    let qwen = try Tokenizer.load(path: Vectors.path("formats/tokenizers/qwen2"))
    for rules in [DatasetOptions.Rules.first, .current] {
      let options = try DatasetOptions(
        blockSize: 8, modelFolder: folder.path, tokenizer: qwen, rules: rules)
      #expect(options.endToken == EndToken(id: try #require(qwen.id(of: "<|endoftext|>"))))
    }
  }
}
