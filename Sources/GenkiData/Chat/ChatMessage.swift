/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Who speaks.
  public enum Role: String, Sendable, CaseIterable {
    case system
    case user
    case assistant
  }

  /// Who speaks.
  public let role: Role
  /// What they say.
  public let content: String
  /// Whether the model learns to say it.
  public let isLearned: Bool
  /// What an assistant thinks before it speaks; the built-in templates leave it out.
  public let reasoning: String?

  /// A turn; of those whose line says nothing else the assistant's are learned.
  public init(role: Role, content: String, isLearned: Bool? = nil, reasoning: String? = nil) {
    self.role = role
    self.content = content
    self.isLearned = isLearned ?? (role == .assistant)
    self.reasoning = reasoning
  }

  /// The same turn, as one that is not learned.
  var unlearned: ChatMessage {
    ChatMessage(role: role, content: content, isLearned: false, reasoning: reasoning)
  }
}
