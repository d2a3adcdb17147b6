import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Added tokens, normalizers, pre-tokenizers and templates that the four tokenizers do not use, as
/// the reference library carries them out.
@Suite struct TokenizerOptionsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSONValue
    var testDescription: String { json["name"]?.stringValue ?? "" }
  }

  static let cases: [Case] = {
    let path = Vectors.path("formats/tokenizer_options.json")
    let json = try? JSONValue.parse(
      TextFile.readBytes(path, sizeLimit: 1 << 20), source: path)
    return (json?["cases"]?.arrayValue ?? []).map(Case.init)
  }()

  @Test func allCasesAreThere() { #expect(Self.cases.count == 20) }

  @Test(arguments: cases)
  func encodesAndDecodesAsTheReference(_ example: Case) throws {
    let tokenizer = try tokenizer(example)
    let texts = example.json["texts"]?.arrayValue ?? []
    #expect(texts.count >= 25)
    for (index, text) in texts.enumerated() {
      let text = try #require(text.stringValue)
      let ids = (example.json["ids"]?.arrayValue?[index].arrayValue ?? [])
        .compactMap { $0.intValue.map(Int32.init) }
      #expect(tokenizer.encode(text, template: true) == ids, "text \(index)")
      let decoded = example.json["decoded"]?.arrayValue?[index].stringValue ?? ""
      #expect(sameBytes(tokenizer.decode(ids), decoded), "text \(index)")
      let skipped = example.json["decoded_skip"]?.arrayValue?[index].stringValue ?? ""
      #expect(
        sameBytes(tokenizer.decode(ids, skipSpecialTokens: true), skipped), "text \(index)")
    }
  }

  private func tokenizer(_ example: Case) throws -> Tokenizer {
    let base = try #require(example.json["base"]?.stringValue)
    var file = try TokenizerFixture.reference(base)
    for (key, value) in example.json["replace"]?.objectValue?.entries ?? [] {
      file = TokenizerFixture.setting([key], value, in: file)
    }
    for (key, value) in example.json["model"]?.objectValue?.entries ?? [] {
      file = TokenizerFixture.setting(["model", key], value, in: file)
    }
    return try TokenizerFixture.load(file)
  }
}
