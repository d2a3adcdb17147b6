/// A built-in way to write a conversation as one text, chosen by name; under the first rules a model's own
/// template is one of these, recognised by its text.
///
/// `plain` is for models without a template. Each turn is its speaker's name, a colon, a line break
/// and the content; turns are set apart by a blank line; after an assistant's turn comes the model's
/// end token, where it has one:
///
///     User:
///     Add.
///
///     1 2
///
///     Assistant:
///     3<|endoftext|>
public enum ChatTemplate: Sendable, Equatable {
  /// `<|im_start|>role`, the content and `<|im_end|>`; a conversation without a system turn gets
  /// this one first.
  case chatML(defaultSystem: String?)
  /// Headers between `<|start_header_id|>` and `<|end_header_id|>`, turns ended by `<|eot_id|>`, the
  /// content without white space around it.
  case llama3(beginToken: String)
  /// Speaker names in words, as above.
  case plain

  /// What `chatml-default-system` lets the system say.
  public static let defaultSystem = "You are a helpful assistant."
  /// How a Llama-3 text starts unless its tokenizer names another token.
  public static let llama3BeginToken = "<|begin_of_text|>"
  /// The names that `init(named:beginToken:)` knows.
  public static let names = ["chatml", "chatml-default-system", "llama3", "plain"]

  /// A built-in template.
  ///
  /// - Throws: `DataError.chatTemplateName` for an unknown name.
  public init(named name: String, beginToken: String? = nil) throws {
    switch name {
    case "chatml": self = .chatML(defaultSystem: nil)
    case "chatml-default-system": self = .chatML(defaultSystem: Self.defaultSystem)
    case "llama3": self = .llama3(beginToken: beginToken ?? Self.llama3BeginToken)
    case "plain": self = .plain
    default: throw DataError.chatTemplateName(name)
    }
  }

  /// The name it is chosen by.
  public var name: String {
    switch self {
    case .chatML(nil): Self.names[0]
    case .chatML: Self.names[1]
    case .llama3: Self.names[2]
    case .plain: Self.names[3]
    }
  }

  /// Control tokens that the tokenizer must have.
  var markers: [String] {
    switch self {
    case .chatML: ["<|im_start|>", "<|im_end|>"]
    case .llama3(let beginToken):
      [beginToken, "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    case .plain: []
    }
  }

  /// The pieces of the whole text, in order.
  ///
  /// - Parameter addGenerationPrompt: ends with the header of an assistant's turn.
  public func pieces(
    of messages: [ChatMessage], addGenerationPrompt: Bool = false
  ) -> [ChatPiece] {
    switch self {
    case .chatML(let defaultSystem):
      chatMLPieces(messages, defaultSystem, addGenerationPrompt)
    case .llama3(let beginToken):
      llama3Pieces(messages, beginToken, addGenerationPrompt)
    case .plain:
      plainPieces(messages, addGenerationPrompt)
    }
  }

  /// The whole text; `endToken` stands for the model's own in the plain template.
  public func text(
    of messages: [ChatMessage], addGenerationPrompt: Bool = false, endToken: String = ""
  ) -> String {
    pieces(of: messages, addGenerationPrompt: addGenerationPrompt).map { piece in
      switch piece {
      case .marker(let text, _), .text(let text, _): text
      case .end: endToken
      }
    }.joined()
  }

  private func chatMLPieces(
    _ messages: [ChatMessage], _ defaultSystem: String?, _ addGenerationPrompt: Bool
  ) -> [ChatPiece] {
    var messages = messages
    if let defaultSystem, let first = messages.first, first.role != .system {
      messages.insert(ChatMessage(role: .system, content: defaultSystem), at: 0)
    }
    var pieces = messages.flatMap { message -> [ChatPiece] in
      let isResponse = message.isLearned
      return [
        .marker("<|im_start|>", isResponse: false),
        .text(message.role.rawValue + "\n", isResponse: false),
        .text(message.content, isResponse: isResponse),
        .marker("<|im_end|>", isResponse: isResponse),
        .text("\n", isResponse: false),
      ]
    }
    if addGenerationPrompt {
      pieces += [
        .marker("<|im_start|>", isResponse: false), .text("assistant\n", isResponse: false),
      ]
    }
    return pieces
  }

  private func llama3Pieces(
    _ messages: [ChatMessage], _ beginToken: String, _ addGenerationPrompt: Bool
  ) -> [ChatPiece] {
    func header(_ role: ChatMessage.Role) -> [ChatPiece] {
      [
        .marker("<|start_header_id|>", isResponse: false),
        .text(role.rawValue, isResponse: false),
        .marker("<|end_header_id|>", isResponse: false),
        .text("\n\n", isResponse: false),
      ]
    }
    var pieces = messages.flatMap { message -> [ChatPiece] in
      let isResponse = message.isLearned
      return header(message.role) + [
        .text(Self.trimmed(message.content), isResponse: isResponse),
        .marker("<|eot_id|>", isResponse: isResponse),
      ]
    }
    if !messages.isEmpty { pieces.insert(.marker(beginToken, isResponse: false), at: 0) }
    return addGenerationPrompt ? pieces + header(.assistant) : pieces
  }

  private func plainPieces(
    _ messages: [ChatMessage], _ addGenerationPrompt: Bool
  ) -> [ChatPiece] {
    func header(_ role: ChatMessage.Role, isFirst: Bool) -> ChatPiece {
      let name =
        switch role {
        case .system: "System"
        case .user: "User"
        case .assistant: "Assistant"
        case .tool: "Tool"
        }
      return .text((isFirst ? "" : "\n\n") + name + ":\n", isResponse: false)
    }
    var pieces: [ChatPiece] = []
    for message in messages {
      let isResponse = message.isLearned
      pieces.append(header(message.role, isFirst: pieces.isEmpty))
      pieces.append(.text(message.content, isResponse: isResponse))
      if message.role == .assistant { pieces.append(.end(isResponse: isResponse)) }
    }
    if addGenerationPrompt { pieces.append(header(.assistant, isFirst: pieces.isEmpty)) }
    return pieces
  }

  /// Without white space around it, as the template language's `trim` has it.
  private static func trimmed(_ text: String) -> String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(scalars[first...last])
  }
}

/// A part of a conversation's text.
public enum ChatPiece: Sendable, Equatable {
  /// A control token of the template.
  case marker(String, isResponse: Bool)
  /// Ordinary text, in which control tokens are not recognised.
  case text(String, isResponse: Bool)
  /// The model's end token after an assistant's turn, where it has one.
  case end(isResponse: Bool)
}
