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

  /// The first turn that a built-in template does not write, and why; nil if it writes all.
  var unwrittenByBuiltIns: String? {
    if let calls = unwrittenCalls(by: "no built-in template writes") { return calls }
    return messages.firstIndex { $0.role == .tool }.map {
      "messages[\($0)] is a turn of 'tool', which no built-in template writes"
    }
  }

  /// The first turn that calls a tool, for a template that would leave the call out unsaid.
  func unwrittenCalls(by whom: String) -> String? {
    messages.firstIndex { !$0.toolCalls.isEmpty }.map {
      "messages[\($0)] has 'tool_calls', which \(whom)"
    }
  }
}
