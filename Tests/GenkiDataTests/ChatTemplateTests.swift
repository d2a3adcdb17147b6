import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

@Suite("Chat templates")
struct ChatTemplateTests {
  struct Case: CustomTestStringConvertible {
    let template: String
    let messages: [ChatMessage]
    let addGenerationPrompt: Bool
    let text: String
    let ids: [Int32]
    var testDescription: String { "\(template): \(text.debugDescription)" }
    /// Control tokens in the content itself.
    var isHostile: Bool { messages.contains { $0.content.contains("<|") } }
  }

  static let reference: JSONValue =
    (try? JSONValue.parse(
      file: Vectors.path("formats/chat_templates.json"), sizeLimit: 1 << 20)) ?? .null

  static let cases: [Case] = (reference["cases"]?.arrayValue ?? []).map { entry in
    Case(
      template: entry["template"]?.stringValue ?? "",
      messages: (entry["messages"]?.arrayValue ?? []).compactMap { message in
        guard let role = ChatMessage.Role(rawValue: message["role"]?.stringValue ?? "") else {
          return nil
        }
        return ChatMessage(role: role, content: message["content"]?.stringValue ?? "")
      },
      addGenerationPrompt: entry["add_generation_prompt"]?.boolValue ?? false,
      text: entry["text"]?.stringValue ?? "",
      ids: (entry["ids"]?.arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) })
  }

  private func tokenizer() throws -> Tokenizer {
    try Tokenizer.load(path: Vectors.path("formats/tokenizers/qwen2"))
  }

  /// The template as it is recognised by its reference text.
  private func template(_ name: String) throws -> ChatTemplate {
    let text = try #require(Self.reference["templates"]?[name]?.stringValue)
    let beginToken = Self.reference["bos_token"]?.stringValue
    return try #require(ChatTemplate(recognising: text, beginToken: beginToken))
  }

  private let dialogue = [
    ChatMessage(role: .user, content: "2+2?"), ChatMessage(role: .assistant, content: "It is 4."),
    ChatMessage(role: .user, content: "And 3+3?"), ChatMessage(role: .assistant, content: "6"),
  ]

  @Test func allReferenceCasesAreThere() { #expect(Self.cases.count == 24) }

  @Test(arguments: cases) func aRenderingIsTheReferences(entry: Case) throws {
    let template = try template(entry.template)
    let text = template.text(
      of: entry.messages, addGenerationPrompt: entry.addGenerationPrompt)
    #expect(text == entry.text)
    // The reference recognises control tokens in the content, too.
    #expect(try tokenizer().encode(text, addedTokens: true, template: false) == entry.ids)
  }

  @Test(arguments: cases.filter { !$0.isHostile && $0.template != "llama3_style" })
  func idsOfHarmlessContentAreTheReferences(entry: Case) throws {
    let encoder = try ChatEncoder(
      tokenizer: tokenizer(), format: .builtIn(template(entry.template)), endTokenIDs: [])
    let example = try encoder.encode(
      Conversation(entry.messages), addGenerationPrompt: entry.addGenerationPrompt)
    #expect(example.tokens == entry.ids)
    #expect(example.isResponse.count == example.tokens.count)
  }

  @Test(arguments: cases.filter { $0.isHostile && $0.template != "llama3_style" })
  func contentCannotEndItsTurn(entry: Case) throws {
    let tokenizer = try tokenizer()
    let encoder = try ChatEncoder(
      tokenizer: tokenizer, format: .builtIn(template(entry.template)), endTokenIDs: [])
    let example = try encoder.encode(
      Conversation(entry.messages), addGenerationPrompt: entry.addGenerationPrompt)
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    let turns = entry.messages.count + (entry.template == "chatml" ? 0 : 1)
    #expect(example.tokens.count { $0 == end } == turns)
    #expect(tokenizer.decode(example.tokens) == entry.text)
  }

  @Test func lossIsOnTheResponsesAndTheirEndOnly() throws {
    let tokenizer = try tokenizer()
    let encoder = try ChatEncoder(
      tokenizer: tokenizer, format: .builtIn(.chatML(defaultSystem: nil)), endTokenIDs: [])
    let example = try encoder.encode(Conversation(dialogue))
    let learned = zip(example.tokens, example.isResponse).filter(\.1).map(\.0)
    #expect(tokenizer.decode(learned) == "It is 4.<|im_end|>6<|im_end|>")
  }

  @Test func aTokenAcrossTheBorderBelongsToTheResponse() throws {
    let tokenizer = try tokenizer()
    let encoder = try ChatEncoder(
      tokenizer: tokenizer, format: .builtIn(.chatML(defaultSystem: nil)), endTokenIDs: [])
    let messages = [
      ChatMessage(role: .user, content: "q"), ChatMessage(role: .assistant, content: "\n\na"),
    ]
    let example = try encoder.encode(Conversation(messages))
    let prompt = try encoder.encode(
      Conversation([messages[0]]), addGenerationPrompt: true)
    let learned = zip(example.tokens, example.isResponse).filter(\.1).map(\.0)
    #expect(tokenizer.decode(learned).hasSuffix("a<|im_end|>"))
    #expect(
      example.tokens
        == tokenizer.encode(
          ChatTemplate.chatML(defaultSystem: nil).text(of: messages), addedTokens: true,
          template: false))
    let shared = zip(example.tokens, prompt.tokens).prefix { $0 == $1 }.count
    #expect(example.isResponse.firstIndex(of: true) == shared)
  }

  @Test func thePlainTemplateIsWhatItsDocumentationShows() throws {
    let tokenizer = try tokenizer()
    let end = try #require(tokenizer.id(of: "<|endoftext|>"))
    let system = [ChatMessage(role: .system, content: "Be brief.")]
    #expect(
      ChatTemplate.plain.text(of: system + dialogue, endToken: "<|endoftext|>") == """
        System:
        Be brief.

        User:
        2+2?

        Assistant:
        It is 4.<|endoftext|>

        User:
        And 3+3?

        Assistant:
        6<|endoftext|>
        """)
    let encoder = try ChatEncoder(
      tokenizer: tokenizer, format: .builtIn(.plain), endTokenIDs: [end])
    let example = try encoder.encode(Conversation(dialogue))
    let learned = zip(example.tokens, example.isResponse).filter(\.1).map(\.0)
    #expect(tokenizer.decode(learned) == "It is 4.<|endoftext|>6<|endoftext|>")
    #expect(
      tokenizer.decode(example.tokens)
        == ChatTemplate.plain.text(of: dialogue, endToken: "<|endoftext|>"))
    let open = ChatTemplate.plain.text(of: [dialogue[0]], addGenerationPrompt: true)
    #expect(open == "User:\n2+2?\n\nAssistant:\n")
  }

  @Test func aTemplateNeedsItsTokens() throws {
    #expect(
      throws: DataError.missingToken(template: "llama3", token: "<|begin_of_text|>")
    ) {
      try ChatEncoder(
        tokenizer: tokenizer(), format: .builtIn(ChatTemplate(named: "llama3")), endTokenIDs: [])
    }
  }

  @Test(arguments: ChatTemplate.names) func everyNameIsItsTemplates(name: String) throws {
    #expect(try ChatTemplate(named: name).name == name)
  }

  @Test func anUnknownNameIsRefused() {
    #expect(throws: DataError.chatTemplateName("mistral")) { try ChatTemplate(named: "mistral") }
  }
}
