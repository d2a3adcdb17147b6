import GenkiCore

/// The turns of a conversation, and the tools that its assistant may call.
public struct Conversation: Sendable, Equatable {
  /// The turns in order.
  public var messages: [ChatMessage]
  /// What the tools are called and take, each as its JSON schema; none where the list is empty.
  public var tools: [JSONValue]

  /// A conversation.
  public init(_ messages: [ChatMessage], tools: [JSONValue] = []) {
    self.messages = messages
    self.tools = tools
  }

  /// A conversation as people write it into a file: an array of turns, or an object with `messages` and
  /// `tools`.
  ///
  /// - Throws: `ExampleParser.Refusal` saying what is wrong and where.
  public init(json: JSONValue) throws(ExampleParser.Refusal) {
    guard let object = json.objectValue else {
      self.init(try TurnParser.messages(in: json, field: "messages"))
      return
    }
    if let unknown = object.keys.first(where: { !["messages", "tools"].contains($0) }) {
      throw ExampleParser.Refusal(
        reason: "unknown member \(unknown.quoted()); known are messages and tools")
    }
    guard let turns = object["messages"] else {
      throw ExampleParser.Refusal(reason: "no member 'messages'")
    }
    self.init(
      try TurnParser.messages(in: turns, field: "messages"),
      tools: try Self.tools(in: object["tools"]))
  }

  /// A list of schemas; null is none.
  static func tools(in json: JSONValue?) throws(ExampleParser.Refusal) -> [JSONValue] {
    guard var json, !json.isNull else { return [] }
    // Tables keep them as a text.
    if let text = json.stringValue {
      guard !text.allSatisfy(\.isWhitespace) else { return [] }
      guard let parsed = try? JSONValue.parse(text, source: "tools") else {
        throw ExampleParser.Refusal(reason: "'tools' is a text that is not JSON")
      }
      json = parsed
    }
    guard let tools = json.arrayValue, tools.allSatisfy({ $0.objectValue != nil }) else {
      throw ExampleParser.Refusal(reason: "'tools' is not a list of objects")
    }
    return tools
  }

  /// The first turn that no built-in template writes, and why; nil if they write all.
  var unwritten: String? {
    for (index, message) in messages.enumerated() {
      if message.role == .tool {
        return "messages[\(index)] is a turn of 'tool', which no built-in template writes"
      }
      if !message.toolCalls.isEmpty {
        return "messages[\(index)] has 'tool_calls', which no built-in template writes"
      }
    }
    return nil
  }
}
