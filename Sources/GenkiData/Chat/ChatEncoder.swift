import GenkiFormats

/// The tokens of one example and which of them the model learns to say.
package struct EncodedExample: Equatable, Sendable {
  package var tokens: [Int32] = []
  /// One entry a token.
  package var isResponse: [Bool] = []
}

/// Turns conversations into tokens.
///
/// Text between two control tokens is encoded in one go with added tokens off, so the ids are those of
/// the whole text wherever its content holds no control tokens, and content that does hold some
/// cannot end its turn.
package struct ChatEncoder {
  private let tokenizer: Tokenizer
  private let template: ChatTemplate
  private let endTokenID: Int32?
  private let markerIDs: [String: Int32]

  /// - Throws: `DataError.missingToken` if the tokenizer lacks one of the template's tokens.
  package init(tokenizer: Tokenizer, template: ChatTemplate, endTokenID: Int32?) throws {
    self.tokenizer = tokenizer
    self.template = template
    self.endTokenID = endTokenID
    var markerIDs: [String: Int32] = [:]
    for marker in template.markers {
      guard let id = tokenizer.id(of: marker) else {
        throw DataError.missingToken(template: template.name, token: marker)
      }
      markerIDs[marker] = id
    }
    self.markerIDs = markerIDs
  }

  package func encode(_ messages: [ChatMessage], addGenerationPrompt: Bool = false)
    -> EncodedExample
  {
    var example = EncodedExample()
    var prompt = ""
    var response = ""
    func flush() {
      append(prompt: prompt, response: response, to: &example)
      prompt = ""
      response = ""
    }
    for piece in template.pieces(of: messages, addGenerationPrompt: addGenerationPrompt) {
      switch piece {
      case .text(let text, true):
        response += text
      case .text(let text, false):
        if !response.isEmpty { flush() }
        prompt += text
      case .marker(let marker, let isResponse):
        flush()
        if let id = markerIDs[marker] {
          example.tokens.append(id)
          example.isResponse.append(isResponse)
        }
      case .end(let isResponse):
        flush()
        if let endTokenID {
          example.tokens.append(endTokenID)
          example.isResponse.append(isResponse)
        }
      }
    }
    flush()
    return example
  }

  /// Encodes both as one text. A token that reaches across the border belongs to the response: the
  /// prompt alone, as it stands when the model is asked, does not end in it.
  private func append(prompt: String, response: String, to example: inout EncodedExample) {
    guard !(prompt.isEmpty && response.isEmpty) else { return }
    let tokens = tokenizer.encode(prompt + response, addedTokens: false, template: false)
    var promptCount = tokens.count
    if prompt.isEmpty {
      promptCount = 0
    } else if !response.isEmpty {
      let alone = tokenizer.encode(prompt, addedTokens: false, template: false)
      promptCount = zip(alone, tokens).prefix { $0 == $1 }.count
    }
    example.tokens += tokens
    for index in tokens.indices { example.isResponse.append(index >= promptCount) }
  }
}
