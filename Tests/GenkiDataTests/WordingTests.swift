import Foundation
import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

/// Templates in other words that render the same: the same tokens, and the same of them are learned.
@Suite("A template in other words")
struct WordingTests {
  struct Wording: CustomTestStringConvertible, Sendable {
    let form: String
    let file: String
    var testDescription: String { "\(form)/\(file)" }
  }

  static let wordings: [Wording] = ["chatml", "llama3"].flatMap { form in
    let folder = Vectors.path("formats/chat/wordings/\(form)")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.sorted().map { Wording(form: form, file: $0) }
  }

  @Test func allWordingsAreThere() { #expect(Self.wordings.count == 13) }

  @Test(arguments: wordings) func itIsEncodedAndLearnedAsTheFormIs(wording: Wording) throws {
    let source = try TextFile.readString(
      Vectors.path("formats/chat/wordings/\(wording.form)/\(wording.file)"), sizeLimit: 1 << 20)
    var compared = 0
    for entry in ChatCase.all
    where entry.template == wording.form && entry.text != nil && !entry.isHostile {
      // One of them never writes the start of a reply.
      if entry.addsPrompt, wording.file == "no_generation_prompt.jinja" { continue }
      var settings = ModelChatSettings()
      settings.templates = .init(path: wording.file, standard: source)
      settings.tokens = entry.tokens
      let tokenizer = try Tokenizers.load(entry.tokenizer)
      let encoder = try ChatEncoder(
        tokenizer: tokenizer, format: ChatFormat(settings: settings, choice: ChatChoice()),
        endTokenIDs: [])
      let example = try encoder.encode(
        Conversation(json: entry.conversation), addGenerationPrompt: entry.addsPrompt)
      #expect(example.tokens == entry.ids, "\(entry.testDescription)")
      #expect(example.isResponse == entry.mask, "\(entry.testDescription)")
      compared += 1
    }
    #expect(compared >= 10)
  }
}
