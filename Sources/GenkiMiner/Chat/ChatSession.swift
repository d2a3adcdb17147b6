import GenkiCore
import GenkiData

/// A conversation with a model: what was said, and what goes where it does not fit any more.
package struct ChatSession: Sendable, Equatable {
  /// What is put before the model.
  package struct Prompt: Sendable, Equatable {
    package let ids: [Int32]
    /// How many exchanges had to go for it.
    package let forgotten: Int
  }

  /// The turns so far, the system's first.
  package private(set) var messages: [ChatMessage]
  private let system: ChatMessage?

  /// A conversation in which nothing was said yet.
  package init(system: String? = nil) {
    self.system = system.map { ChatMessage(role: .system, content: $0) }
    messages = [self.system].compactMap(\.self)
  }

  /// Forgets all but the system's turn.
  package mutating func reset() { messages = [system].compactMap(\.self) }

  /// Adds what the user says.
  package mutating func ask(_ text: String) {
    messages.append(ChatMessage(role: .user, content: text))
  }

  /// Adds what the model says.
  package mutating func answer(_ text: String) {
    messages.append(ChatMessage(role: .assistant, content: text))
  }

  /// The ids to put before the model, without the oldest exchanges if they leave no room for a reply.
  /// The system's turn and the last question stay.
  ///
  /// - Parameters:
  ///   - context: The tokens that the model can look at.
  ///   - reserve: The tokens that a reply needs, where something can go for it.
  ///   - reply: What the model has said already.
  ///   - encode: The model's chat template.
  /// - Throws: ``ChatError/tooLong(tokens:context:)``, with nothing forgotten, and what `encode` throws.
  package mutating func prompt(
    context: Int, reserve: Int, reply: [Int32] = [],
    encode: ([ChatMessage]) throws -> [Int32]
  ) throws -> Prompt {
    var shorter = self
    var forgotten = 0
    while true {
      let ids = try encode(shorter.messages) + reply
      if ids.count + reserve <= context {
        return keep(shorter, Prompt(ids: ids, forgotten: forgotten))
      }
      guard shorter.forgetOldest() else {
        guard ids.count < context else {
          throw ChatError.tooLong(tokens: ids.count, context: context)
        }
        return keep(shorter, Prompt(ids: ids, forgotten: forgotten))
      }
      forgotten += 1
    }
  }

  private mutating func keep(_ shorter: ChatSession, _ prompt: Prompt) -> Prompt {
    self = shorter
    return prompt
  }

  /// Whether there is an exchange before the last question.
  package var hasOlderExchange: Bool { oldestExchange != nil }

  /// The first question and all up to the next.
  private var oldestExchange: Range<Int>? {
    guard let first = messages.firstIndex(where: { $0.role == .user }),
      let next = messages[(first + 1)...].firstIndex(where: { $0.role == .user })
    else { return nil }
    return first..<next
  }

  private mutating func forgetOldest() -> Bool {
    guard let oldest = oldestExchange else { return false }
    messages.removeSubrange(oldest)
    return true
  }

  /// As a data line and as `generate --messages` reads it.
  package var json: JSONValue {
    .object([
      "messages": .array(
        messages.map {
          .object(["role": .string($0.role.rawValue), "content": .string($0.content)])
        })
    ])
  }
}

/// Why a chat cannot answer.
package enum ChatError: ReportableError, Equatable {
  /// The last question alone is longer than the model can look at.
  case tooLong(tokens: Int, context: Int)
  /// A file that the chat has not written is there already.
  case fileExists(path: String)

  package var kind: ErrorKind {
    switch self {
    case .tooLong: .invalidData
    case .fileExists: .cannotCreate
    }
  }

  package var what: String {
    switch self {
    case .tooLong: "this text"
    case .fileExists(let path): path
    }
  }

  package var why: String {
    switch self {
    case .tooLong(let tokens, let context):
      "with what always stands before it, it has \(tokens) tokens, and the context has \(context)"
    case .fileExists: "there is such a file, and it is not of this chat"
    }
  }

  package var advice: String? {
    switch self {
    case .tooLong: "shorten it; the up key brings it back"
    case .fileExists: "choose another name, or remove it"
    }
  }
}
