import GenkiCore
import GenkiData

/// A conversation that a command is given in a file.
struct ConversationFile {
  /// Larger ones are no conversation that a model can look at.
  private static let limits = JSONLimits(depth: 64, bytes: 16 << 20, values: 1 << 20)

  /// What errors call it.
  let name: String
  let conversation: Conversation

  /// Reads a file, or the standard input where the path is `-`.
  ///
  /// - Throws: `FileError`, `JSONError`, and `ConversationError` for turns that are none.
  init(path: String) throws {
    let isInput = path == "-"
    name = isInput ? StandardInput.name : path
    let bytes =
      try isInput
      ? StandardInput.bytes(limit: Self.limits.bytes)
      : TextFile.readBytes(path, sizeLimit: Self.limits.bytes)
    let json = try JSONValue.parse(bytes, source: name, limits: Self.limits)
    guard json.arrayValue != nil || json.objectValue != nil else {
      throw ConversationError(
        name, why: "\(json.kindName) instead of an array of turns or an object with 'messages'")
    }
    do {
      conversation = try Conversation(json: json)
    } catch {
      throw ConversationError(name, error)
    }
    guard !conversation.messages.isEmpty else {
      throw ConversationError(name, why: "'messages' has no turn")
    }
  }

  /// Its ids, up to where the model is to reply.
  func prompt(_ writer: ConversationWriter) throws -> [Int32] {
    do {
      return try writer.prompt(conversation)
    } catch {
      throw ConversationError(name, error)
    }
  }
}
