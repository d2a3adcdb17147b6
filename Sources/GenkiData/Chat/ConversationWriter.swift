import GenkiCore
import GenkiFormats

/// Puts conversations before a model as its own chat template, or the one that is chosen, writes them.
public struct ConversationWriter: Sendable {
  /// Whether the model has no template of its own and none was chosen.
  public let isPlain: Bool
  /// The tokens that end a reply in this template, beside those that end a text of the model: what the
  /// model learned to say last.
  public let replyEnds: Set<Int32>
  private let encoder: ChatEncoder

  /// The writer of a model folder.
  ///
  /// - Throws: `DataError` for a template that cannot be used, an unknown name or a malformed file.
  public init(modelFolder: String, tokenizer: Tokenizer, choice: ChatChoice) throws {
    let settings = try ModelChatSettings.load(folder: modelFolder)
    let format = try ChatFormat(settings: settings, choice: choice)
    let end = EndToken(firstOf: settings.endTokens, in: tokenizer).id
    let ends =
      [end].compactMap(\.self) + settings.endTokens.compactMap { $0.id(in: tokenizer) }
    encoder = try ChatEncoder(tokenizer: tokenizer, format: format, endTokenIDs: ends)
    isPlain = format.isPlain && choice.templateName == nil
    let exchange = [
      ChatMessage(role: .user, content: "?"), ChatMessage(role: .assistant, content: "!"),
    ]
    // A template that refuses so short a conversation says nothing about its end.
    let example = try? encoder.encode(Conversation(exchange))
    let last = example.flatMap { example in
      example.isResponse.lastIndex(of: true).map { example.tokens[$0] }
    }
    let special = Set(tokenizer.addedTokens.filter(\.isSpecial).map(\.id))
    replyEnds = Set([last].compactMap(\.self).filter { special.contains($0) || ends.contains($0) })
  }

  /// The ids of a conversation up to where the model is to reply.
  ///
  /// - Throws: `ExampleParser.Refusal` where the template refuses the conversation.
  public func prompt(
    _ conversation: Conversation
  ) throws(ExampleParser.Refusal) -> [Int32] {
    try encoder.encode(conversation, addGenerationPrompt: true).tokens
  }
}
