import Foundation
import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

/// What a conversation is for whoever asks a model something.
struct ConversationWriterTests {
  private func writer(
    _ template: String?, tokenizer: String, end: String?, choice: ChatChoice = ChatChoice()
  ) throws -> (ConversationWriter, Tokenizer) {
    let folder = try TemporaryFolder()
    if let template {
      let text = try String(
        contentsOfFile: Vectors.path("formats/chat/templates/\(template).jinja"), encoding: .utf8)
      try folder.write(text, to: "chat_template.jinja")
    }
    if let end {
      try folder.write(#"{"eos_token": "\#(end)"}"#, to: "tokenizer_config.json")
    }
    let loaded = try Tokenizer.load(
      path: Vectors.path("formats/tokenizers/\(tokenizer)/tokenizer.json"))
    let writer = try ConversationWriter(
      modelFolder: folder.path, tokenizer: loaded, choice: choice)
    return (writer, loaded)
  }

  /// A model's files may name another token than the one its turns end with.
  @Test(arguments: [
    ("chatml", "qwen2", "<|endoftext|>", "<|im_end|>"),
    ("smollm2", "smollm2", "<|im_end|>", "<|im_end|>"),
    ("llama3", "llama3", "<|end_of_text|>", "<|eot_id|>"),
  ])
  func aReplyEndsAsItsTurnDoes(
    template: String, tokenizer: String, end: String, turnEnd: String
  ) throws {
    let (writer, loaded) = try writer(template, tokenizer: tokenizer, end: end)
    #expect(writer.replyEnds == [try #require(loaded.id(of: turnEnd))])
    #expect(!writer.isPlain)
  }

  @Test func withoutATemplateTurnsArePlain() throws {
    let (plain, loaded) = try writer(nil, tokenizer: "gpt2", end: nil)
    #expect(plain.isPlain)
    #expect(plain.replyEnds == [try #require(loaded.id(of: "<|endoftext|>"))])
    let ids = try plain.prompt(Conversation([ChatMessage(role: .user, content: "Add.")]))
    #expect(loaded.decode(ids) == "User:\nAdd.\n\nAssistant:\n")
    let (chosen, _) = try writer(
      nil, tokenizer: "gpt2", end: nil, choice: ChatChoice(templateName: "plain"))
    #expect(!chosen.isPlain)
  }
}
