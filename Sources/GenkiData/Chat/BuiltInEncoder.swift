import GenkiFormats

/// Writes conversations by a built-in template: control tokens by their ids, and between them texts that
/// are encoded in one go, so that the ids are those of the whole text.
struct BuiltInEncoder: Sendable {
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  private let endTokenID: Int32?
  private let markerIDs: [String: Int32]
  /// Tokens that nobody's words may become, special or not.
  private let framingIDs: Set<Int32>
  private let rules: DatasetOptions.Rules

  /// - Throws: `DataError.missingToken` if the tokenizer lacks one of the template's tokens.
  init(
    tokenizer: Tokenizer, template: ChatTemplate, endTokenIDs: [Int32], rules: DatasetOptions.Rules
  ) throws {
    self.tokenizer = tokenizer
    self.template = template
    endTokenID = endTokenIDs.first
    self.rules = rules
    var markerIDs: [String: Int32] = [:]
    for marker in template.markers {
      guard let id = tokenizer.id(of: marker) else {
        throw DataError.missingToken(template: template.name, token: marker)
      }
      markerIDs[marker] = id
    }
    self.markerIDs = markerIDs
    framingIDs = Set(markerIDs.values).union(endTokenIDs)
  }

  func encode(
    _ messages: [ChatMessage], addGenerationPrompt: Bool
  ) throws(ExampleParser.Refusal) -> EncodedExample {
    var example = EncodedExample()
    var prompt = ""
    var response = ""
    func flush() throws(ExampleParser.Refusal) {
      try append(prompt: prompt, response: response, to: &example)
      prompt = ""
      response = ""
    }
    for piece in template.pieces(of: messages, addGenerationPrompt: addGenerationPrompt) {
      switch piece {
      case .text(let text, true):
        response += text
      case .text(let text, false):
        if !response.isEmpty { try flush() }
        prompt += text
      case .marker(let marker, let isResponse):
        try flush()
        if let id = markerIDs[marker] {
          example.tokens.append(id)
          example.isResponse.append(isResponse)
        }
      case .end(let isResponse):
        try flush()
        if let endTokenID {
          example.tokens.append(endTokenID)
          example.isResponse.append(isResponse)
        }
      }
    }
    try flush()
    return example
  }

  /// Encodes both as one text. A token that reaches across the border belongs to the response.
  private func append(
    prompt: String, response: String, to example: inout EncodedExample
  ) throws(ExampleParser.Refusal) {
    guard !(prompt.isEmpty && response.isEmpty) else { return }
    let (tokens, promptCount) =
      rules == .first
      ? firstEncoding(prompt: prompt, response: response)
      : try encoding(prompt: prompt, response: response)
    example.tokens += tokens
    for index in tokens.indices { example.isResponse.append(index >= promptCount) }
  }

  private func encoding(
    prompt: String, response: String
  ) throws(ExampleParser.Refusal) -> (tokens: [Int32], promptCount: Int) {
    let text = Array((prompt + response).utf8)
    let border = response.isEmpty ? text.count : prompt.utf8.count
    let encoded = try tokenizer.encode(
      words: text, quoted: [0..<text.count], borders: [border], guarding: framingIDs)
    return (encoded.ids, encoded.tokenCounts.first ?? encoded.ids.count)
  }

  /// As it was under the first rules: no added tokens at all, and the border by the prompt alone.
  private func firstEncoding(
    prompt: String, response: String
  ) -> (tokens: [Int32], promptCount: Int) {
    let tokens = tokenizer.encode(prompt + response, addedTokens: false, template: false)
    guard !prompt.isEmpty else { return (tokens, 0) }
    guard !response.isEmpty else { return (tokens, tokens.count) }
    let alone = tokenizer.encode(prompt, addedTokens: false, template: false)
    return (tokens, zip(alone, tokens).prefix { $0 == $1 }.count)
  }
}
