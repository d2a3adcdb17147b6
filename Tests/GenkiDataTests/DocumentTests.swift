import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

@Suite("Documents of JSONL")
struct DocumentTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Texts with the ids that the tokenizers library gives them, with and without its post-processor.
  private func reference() throws -> [(text: String, ids: [Int32], plain: [Int32])] {
    let path = Vectors.path("formats/tokenizers/llama3/encode.jsonl")
    return try TextFile.readString(path, sizeLimit: 16 << 20).split(separator: "\n").map { line in
      let json = try JSONValue.parse(String(line), source: path)
      func ids(_ key: String) -> [Int32] {
        (json[key]?.arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) }
      }
      return (try #require(json["text"]?.stringValue), ids("ids"), ids("ids_plain"))
    }.filter { !$0.text.allSatisfy(\.isWhitespace) }
  }

  private func stream(_ dataset: TextDataset) -> [Int32] {
    let batch = dataset.batch(Array(0..<dataset.windowCount))
    let targets = batch.targets.filter { $0 != TokenBatch.ignoredTarget }
    return Array(batch.inputs.prefix(1)) + targets
  }

  private func load(_ texts: [String], _ tokenizer: Tokenizer, _ options: DatasetOptions) throws
    -> TextDataset
  {
    let lines = texts.map { JSONValue.object(["text": .string($0)]).encoded() }
    return try TextDataset.load(
      path: folder.write(lines.joined(separator: "\n"), to: "docs.jsonl"), tokenizer: tokenizer,
      options: options)
  }

  @Test func aDocumentHasTheIdsOfTheReferenceAndOneEndToken() throws {
    let tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/llama3"))
    let end = try #require(tokenizer.id(of: "<|end_of_text|>"))
    let reference = try reference()
    #expect(reference.count > 300)
    var options = DatasetOptions(blockSize: 32)
    options.endToken = EndToken(id: end)
    let dataset = try load(reference.map(\.text), tokenizer, options)
    let expected = reference.flatMap { $0.ids.last == end ? $0.ids : $0.ids + [end] }
    #expect(stream(dataset) == expected)
    #expect(dataset.report.files[0].beginTokens == reference.count)
    #expect(dataset.report.tokens + reference.count == expected.count)
  }

  @Test func underTheFirstRulesItHasNoBeginAndAlwaysAnEnd() throws {
    let tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/llama3"))
    let end = try #require(tokenizer.id(of: "<|end_of_text|>"))
    let reference = try reference()
    var options = DatasetOptions(blockSize: 32)
    options.rules = .first
    options.endToken = EndToken(id: end)
    let dataset = try load(reference.map(\.text), tokenizer, options)
    #expect(stream(dataset) == reference.flatMap { $0.plain + [end] })
    #expect(dataset.report.files[0].beginTokens == 0)
  }

  /// The file of Llama 3 with an end token in its template, too.
  @Test func anEndTokenOfThePostProcessorIsNotDoubled() throws {
    let path = Vectors.path("formats/tokenizers/llama3/tokenizer.json")
    let original = try TextFile.readString(path, sizeLimit: 16 << 20)
    let base = try Tokenizer.load(path: path)
    let begin = try #require(base.id(of: "<|begin_of_text|>"))
    let end = try #require(base.id(of: "<|end_of_text|>"))
    var json = try JSONValue.parse(original, source: path).objectValue ?? [:]
    func special(_ token: String) -> JSONValue {
      ["SpecialToken": ["id": .string(token), "type_id": 0]]
    }
    func ids(_ token: String, _ id: Int32) -> JSONValue {
      ["id": .string(token), "ids": [.integer(Int64(id))], "tokens": [.string(token)]]
    }
    let text: JSONValue = ["Sequence": ["id": "A", "type_id": 0]]
    json["post_processor"] = [
      "type": "TemplateProcessing",
      "single": [special("<|begin_of_text|>"), text, special("<|end_of_text|>")], "pair": [],
      "special_tokens": [
        "<|begin_of_text|>": ids("<|begin_of_text|>", begin),
        "<|end_of_text|>": ids("<|end_of_text|>", end),
      ],
    ]
    let tokenizer = try Tokenizer.load(
      bytes: Array(JSONValue.object(json).encoded().utf8), source: "changed")
    let words = base.encode("Some words.", addedTokens: true, template: false)
    var options = DatasetOptions(blockSize: 32)
    options.endToken = EndToken(id: end)
    let dataset = try load(["Some words."], tokenizer, options)
    #expect(stream(dataset) == [begin] + words + [end])
    options.endToken = EndToken(id: try #require(base.id(of: "<|eot_id|>")))
    let other = try load(["Some words."], tokenizer, options)
    #expect(stream(other).suffix(2) == [end, base.id(of: "<|eot_id|>") ?? -1])
  }

  @Test func plainTextStaysAStreamAndTheReportSaysWhatItLacks() throws {
    let text = String(repeating: "The sea is near. ", count: 20)
    let path = try folder.write(text, to: "a.txt")
    for (name, isFramed) in [("llama3", true), ("qwen2", false)] {
      let tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/\(name)"))
      let dataset = try TextDataset.load(
        path: path, tokenizer: tokenizer, options: DatasetOptions(blockSize: 4))
      let tokens = tokenizer.encode(text, addedTokens: true, template: false)
      #expect(stream(dataset) == Array(tokens.prefix((tokens.count - 1) / 4 * 4 + 1)))
      let notes = dataset.report.files[0].notes
      #expect(notes.contains { $0.contains("\"<|begin_of_text|>\" before a text") } == isFramed)
      #expect(notes.isEmpty != isFramed, "\(notes)")
    }
  }

  @Test func aConversationHasItsTemplatesBeginTokenOnce() throws {
    let tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/llama3"))
    let begin = try #require(tokenizer.id(of: "<|begin_of_text|>"))
    let path = try folder.write(#"{"prompt": "q", "completion": "a"}"#, to: "a.jsonl")
    for (name, count) in [("llama3", 1), ("plain", 0)] {
      var options = DatasetOptions(blockSize: 64)
      options.chat = .builtIn(try ChatTemplate(named: name))
      let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
      #expect(dataset.batch([0]).inputs.count { $0 == begin } == count)
    }
  }
}
