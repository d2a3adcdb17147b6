import GenkiCore

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Who speaks.
  public enum Role: String, Sendable, CaseIterable {
    case system
    case user
    case assistant
    /// What a tool answered to the assistant's call.
    case tool
  }

  /// Who speaks.
  public let role: Role
  /// What they say; nothing where an assistant only calls tools.
  public let content: String
  /// Whether the model learns to say it.
  public let isLearned: Bool
  /// What an assistant thinks before it speaks; the built-in templates leave it out.
  public let reasoning: String?
  /// The other members that templates read, as transformers hands them on: `tool_calls`, whose arguments
  /// are objects, `tool_call_id`, `name`.
  public let members: JSONObject

  /// A turn; of those whose line says nothing else the assistant's are learned.
  public init(
    role: Role, content: String, isLearned: Bool? = nil, reasoning: String? = nil,
    members: JSONObject = [:]
  ) {
    self.role = role
    self.content = content
    self.isLearned = isLearned ?? (role == .assistant)
    self.reasoning = reasoning
    self.members = members
  }

  /// The calls of tools in it.
  public var toolCalls: [JSONValue] { members["tool_calls"]?.arrayValue ?? [] }

  /// Whether it says or calls anything.
  var saysSomething: Bool { !content.allSatisfy(\.isWhitespace) || !toolCalls.isEmpty }

  /// The same turn, as one that is not learned.
  var unlearned: ChatMessage {
    ChatMessage(
      role: role, content: content, isLearned: false, reasoning: reasoning, members: members)
  }
}
