import GenkiCore
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// Adapters by peft 0.21.2 with other ways to name their modules, and their losses by peft.
@Suite struct AdapterFormTests {
  private let place = Vectors.path("cases/14-adapter-forms-refused")
  private var base: String { "\(place)/base" }

  /// The loss of the text in windows of 32 tokens.
  private func loss(_ model: LanguageModel) throws -> Double {
    let tokens = try Tokenizer.load(path: base).encode(
      TextFile.readString("\(place)/text.txt", sizeLimit: 1 << 20)
    ).map { Int32($0) }
    let rows = (tokens.count - 1) / 32
    let batch = TokenBatch(
      rows: rows, blockSize: 32, inputs: Array(tokens[..<(rows * 32)]),
      targets: Array(tokens[1...(rows * 32)]))
    let evaluator = try Evaluator(model: model, blockSize: 32, rowsMaximum: rows, threads: 1)
    let losses = try evaluator.tokenLosses(batch)
    return losses.reduce(0.0) { $0 + Double($1) } / Double(losses.count)
  }

  @Test(arguments: ["base", "regex-target", "layers-to-transform", "exclude-modules"])
  func theLossIsThatByPEFT(_ name: String) throws {
    let expected = try JSONValue.parse(file: "\(place)/expected.json", sizeLimit: 1 << 20)
    let adapter = name == "base" ? nil : "\(place)/\(name)"
    let found = try loss(LanguageModel.load(folder: base, adapterFolder: adapter))
    let wanted = try #require(expected[name]?["loss"]?.doubleValue)
    #expect(abs(found - wanted) < 1e-4)
  }

  @Test(arguments: ["regex-target", "layers-to-transform", "exclude-modules"])
  func whatWasReadIsWrittenAsItWas(_ name: String) throws {
    let model = try LanguageModel.load(folder: base, adapterFolder: "\(place)/\(name)")
    let folder = try TemporaryFolder()
    try model.saveAdapter(folder: folder.path, type: .F32)
    let file = ModelFiles.adapterConfiguration
    let before = try JSONValue.parse(file: "\(place)/\(name)/\(file)", sizeLimit: 1 << 20)
    let after = try JSONValue.parse(file: folder.file(file), sizeLimit: 1 << 20)
    for key in [
      "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "rank_pattern",
      "alpha_pattern", "r", "lora_alpha", "use_rslora", "fan_in_fan_out",
    ] {
      #expect(before[key] == after[key], "\(key)")
    }
    let again = try LanguageModel.load(folder: base, adapterFolder: folder.path)
    #expect(try loss(again) == loss(model))
  }

  @Test(arguments: [("embeddings-saved", "head"), ("lm-head", "head")])
  func embeddingsAndHeadsAreRefusedInWordsForAdapters(_ name: String, _ word: String) {
    let error = #expect(throws: AdapterError.self) {
      try LanguageModel.load(folder: base, adapterFolder: "\(place)/\(name)")
    }
    let text = error?.description ?? ""
    #expect(text.contains(word) && text.contains("are not read"))
    #expect(!text.replacing("adapter_config.json", with: "").contains("config.json"))
  }

  @Test func anAdapterOfAnotherBaseIsRefusedInWordsForAdapters() throws {
    let model = try LanguageModel.load(folder: VectorCase(name: "gpt_neo").folder)
    let error = #expect(throws: AdapterError.self) {
      try model.loadAdapter(folder: "\(place)/regex-target")
    }
    #expect(error?.why.contains("has no linear module") == true)
    let other = try LanguageModel.load(folder: VectorCase(name: "llama_tied").folder)
    let shape = #expect(throws: AdapterError.self) {
      try other.loadAdapter(folder: "\(place)/layers-to-transform")
    }
    #expect(shape?.why.contains("was expected") == true)
    #expect(shape?.description.contains("same model") == false)
  }
}
