import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

@Suite("A model's own chat template, as transformers runs it")
struct OwnTemplateTests {
  @Test func allRenderingsAreThere() {
    #expect(ChatCase.all.count == 556)
    #expect(ChatCase.all.count { $0.text == nil } == 46)
    #expect(ChatCase.all.count { $0.isHostile } == 38)
  }

  @Test(arguments: Set(ChatCase.all.map(\.template)).sorted())
  func idsAndMaskAreTransformers(template: String) throws {
    for entry in ChatCase.all where entry.template == template {
      let (encoder, tokenizer) = try entry.encoder()
      let conversation = try Conversation(json: entry.conversation)
      guard let text = entry.text else {
        #expect(throws: ExampleParser.Refusal.self) { try encoder.encode(conversation) }
        continue
      }
      let example = try encoder.encode(conversation, addGenerationPrompt: entry.addsPrompt)
      #expect(example.isResponse.count == example.tokens.count)
      if entry.isHostile {
        #expect(Self.normal(tokenizer.decode(example.tokens)) == Self.normal(text), "\(entry)")
      } else {
        #expect(example.tokens == entry.ids, "\(entry.testDescription)")
        #expect(
          example.isResponse == entry.mask,
          "\(entry.testDescription): \(Self.learned(example, tokenizer))")
      }
    }
  }

  /// Some tokenizers put a blank before a text, or swallow white space.
  private static func normal(_ text: String) -> String { text.filter { !$0.isWhitespace } }

  private static func learned(_ example: EncodedExample, _ tokenizer: Tokenizer) -> String {
    tokenizer.decode(zip(example.tokens, example.isResponse).filter(\.1).map(\.0))
  }

  // MARK: Words are words

  /// Where somebody's words can stand.
  enum Place: String, CaseIterable, Sendable {
    case system, user, assistant, reasoning, tool, call, schema

    func conversation(_ words: String) -> JSONValue {
      func text(_ place: Place) -> JSONValue { .string(place == self ? "a\(words)b" : "x") }
      var messages: [JSONValue] = [
        ["role": "system", "content": text(.system)], ["role": "user", "content": text(.user)],
      ]
      if [.tool, .call, .schema].contains(self) {
        let call: JSONValue = [
          "type": "function",
          "function": ["name": "f", "arguments": ["k": text(.call)]],
        ]
        messages += [
          ["role": "assistant", "content": "", "tool_calls": [call]],
          ["role": "tool", "content": text(.tool)],
        ]
      }
      var reply: JSONObject = ["role": "assistant", "content": text(.assistant)]
      if self == .reasoning { reply["reasoning_content"] = text(.reasoning) }
      messages.append(.object(reply))
      var result: JSONObject = ["messages": .array(messages)]
      if self == .schema {
        result["tools"] = [["type": "function", "function": ["name": "f", "d": text(.schema)]]]
      }
      return .object(result)
    }
  }

  /// Every special token of every template's tokenizer, in every place where words can stand: the tokens of
  /// the conversation are as many of each kind as with words that look like nothing.
  @Test(arguments: Set(ChatCase.all.map(\.template)).sorted(), Place.allCases)
  func wordsNeverBecomeControlTokens(template: String, place: Place) throws {
    let entry = try #require(ChatCase.all.first { $0.template == template && $0.text != nil })
    let (encoder, tokenizer) = try entry.encoder()
    func controls(_ words: String) throws -> [Int32: Int]? {
      let conversation = try Conversation(json: place.conversation(words))
      guard let example = try? encoder.encode(conversation) else { return nil }
      let special = Set(tokenizer.addedTokens.filter(\.isSpecial).map(\.id))
      return Dictionary(
        example.tokens.filter(special.contains).map { ($0, 1) }, uniquingKeysWith: +)
    }
    guard let harmless = try controls("word") else { return }
    #expect(!harmless.isEmpty)
    let specials = tokenizer.addedTokens.filter(\.isSpecial).map(\.content)
    #expect(!specials.isEmpty)
    for token in specials {
      #expect(try controls(token) == harmless, "\(token)")
      #expect(try controls(" \(token)\n\(token)") == harmless, "\(token)")
    }
  }

  @Test func wordsCannotBeJoinedToAControlTokenByTheTemplate() throws {
    let tokenizer = try Tokenizers.load("tokenizers/qwen3_5/tokenizer.json")
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    for (source, words) in [
      ("{{ '<|im_' + messages[0].content }}", "end|>"),
      ("{{ messages[0].content.replace('X', '|im_') }}", "<Xend|>"),
      ("{{ messages[0].content.split(' ') | join('|im_end') }}", "< |>"),
      ("{{ messages[0].content | upper | lower }}", "<|IM_END|>"),
      ("{{ messages[0].content | tojson }}", "<|im_end|>"),
      ("{{ messages[0].content[1:] }}", "x<|im_end|>"),
      ("{% set x %}{{ messages[0].content }}{% endset %}{{ x | trim }}", " <|im_end|> "),
      ("{{ messages | map(attribute='content') | join }}", "<|im_end|>"),
      ("{{ messages[0].content ~ messages[0].role[:0] }}", "<|im_end|>"),
      ("{{ messages[0].content | replace('q', '<|im_end') }}", "q|>"),
      // What stands in for somebody's words is theirs: they would decide where it stands.
      ("{{ messages[0].content.replace('X', '<|im_end|>') }}", "aXb"),
    ] {
      var settings = ModelChatSettings()
      settings.templates = .init(path: "t", standard: source)
      let encoder = try ChatEncoder(
        tokenizer: tokenizer, format: ChatFormat(settings: settings, choice: ChatChoice()),
        endTokenIDs: [end])
      let tokens = try encoder.encode(
        Conversation([ChatMessage(role: .user, content: words)])
      ).tokens
      #expect(!tokens.contains(end), "\(source)")
      #expect(!tokens.isEmpty)
    }
  }

  @Test func theTemplatesOwnControlTokensAreTokensWhateverItDoesWithThem() throws {
    let tokenizer = try Tokenizers.load("tokenizers/qwen3_5/tokenizer.json")
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    for source in [
      "{{ [messages[0].content, ''] | join('<|im_end|>') }}",
      "{{ ('  <|im_end|>' | trim) + messages[0].content }}",
      "{% set x %}<|im_end|>{% endset %}{{ x }}",
    ] {
      var settings = ModelChatSettings()
      settings.templates = .init(path: "t", standard: source)
      let encoder = try ChatEncoder(
        tokenizer: tokenizer, format: ChatFormat(settings: settings, choice: ChatChoice()),
        endTokenIDs: [end])
      let tokens = try encoder.encode(
        Conversation([ChatMessage(role: .user, content: "aXb")])
      ).tokens
      #expect(tokens.count { $0 == end } == 1, "\(source)")
    }
  }

  // MARK: Tokens that are not special and yet nobody's words

  private func encoder(_ tokenizer: Tokenizer, _ source: String, end: [Int32] = []) throws
    -> ChatEncoder
  {
    var settings = ModelChatSettings()
    settings.templates = .init(path: "t", standard: source)
    return try ChatEncoder(
      tokenizer: tokenizer, format: ChatFormat(settings: settings, choice: ChatChoice()),
      endTokenIDs: end)
  }

  /// `<think>`, `<tool_call>` and their like are added and not special in this tokenizer.
  @Test func whatFramesTurnsOrEndsTextsIsGuardedWhetherSpecialOrNot() throws {
    let tokenizer = try Tokenizers.load("tokenizers/qwen3_5/tokenizer.json")
    let call = try #require(tokenizer.id(of: "<tool_call>"))
    let think = try #require(tokenizer.id(of: "<think>"))
    #expect(!tokenizer.isSpecial(call) && !tokenizer.isSpecial(think))
    let framed =
      "{% for m in messages %}<tool_call>{{ m.role }}\n{{ m.content }}</tool_call>{% endfor %}"
    func count(_ id: Int32, _ encoder: ChatEncoder, _ words: String) throws -> Int {
      try encoder.encode(
        Conversation([
          ChatMessage(role: .user, content: words), ChatMessage(role: .assistant, content: "a"),
        ])
      ).tokens.count { $0 == id }
    }
    let encoder = try encoder(tokenizer, framed)
    #expect(try count(call, encoder, "q") == 2)
    #expect(try count(call, encoder, "q<tool_call>assistant") == 2)
    // Nothing is framed with this one: in words it is a token.
    #expect(try count(think, encoder, "q<think>") == 1)
    // One that ends texts is guarded by that alone.
    let plain = try self.encoder(
      tokenizer, "{% for m in messages %}{{ m.content }}{% endfor %}", end: [think])
    #expect(try count(think, plain, "q<think>") == 0)
  }

  @Test func manyTurnsAndLongFramesTakeTimeInProportion() throws {
    let tokenizer = try Tokenizers.load("tokenizers/qwen3_5/tokenizer.json")
    let long = String(repeating: "a", count: 40_000)
    let encoder = try encoder(
      tokenizer,
      "{% for m in messages %}{{ '\(long)' }}b{{ m.content }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '\(long)' }}c{% endif %}")
    let turns = (0..<100).map { ChatMessage(role: $0 % 2 == 0 ? .user : .assistant, content: "x") }
    let start = ContinuousClock.now
    let example = try encoder.encode(Conversation(turns))
    #expect(example.isResponse.contains(true))
    // By comparing all places it would be an hour.
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test func aCallWithoutWordsIsATurn() throws {
    let line =
      #"[{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"name": "f", "arguments": {}}]}]"#
    let conversation = try Conversation(json: JSONValue.parse(line, source: "line"))
    #expect(conversation.messages[1].toolCalls.count == 1)
    #expect(conversation.messages[1].content.isEmpty)
  }

  @Test(arguments: [
    ("{{ messages[0].content.casefold() }}", "casefold"),
    ("{% if messages[0].role == 'system' %}{{ messages | xmlattr }}{% endif %}", "xmlattr"),
    ("{% if tools %}{{ tools | urlize }}{% endif %}", "urlize"), ("{{ messages[0].content }}", nil),
    ("{{ raise_exception('no') }}", nil),
  ]) func whatIsNotRunIsFoundBeforeThereIsData(source: String, construct: String?) throws {
    var settings = ModelChatSettings()
    settings.templates = .init(path: "t", standard: source)
    switch try ChatFormat(settings: settings, choice: ChatChoice()) {
    case .own(let template):
      let found = template.shortcoming
      #expect((found != nil) == (construct != nil), "\(found ?? "nothing")")
      if let construct { #expect(found?.contains(construct) == true) }
    case .refused(let error): #expect(construct.map { error.why.contains($0) } == true)
    case .builtIn: Issue.record("a template was given")
    }
  }
}
