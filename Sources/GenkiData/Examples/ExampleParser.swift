import GenkiCore

/// What a line of JSONL says, whichever of the five kinds it is.
public enum DataExample: Sendable, Equatable {
  /// A document, learned as a whole.
  case text(String)
  /// A conversation, of which the assistant's turns are learned.
  case conversation([ChatMessage])
}

/// Reads one line of JSONL. The first of these kinds whose field is there counts:
///
/// - `{"messages": [{"role": …, "content": …}, …]}`
/// - `{"conversations": [{"from": "human" or "gpt", "value": …}, …]}`
/// - `{"instruction": …, "input": …, "output": …}`, the input being optional
/// - `{"prompt": …, "completion": …}`
/// - `{"text": …}`
public enum ExampleParser {
  /// What a line can be wrong about.
  public struct Refusal: Error, Equatable {
    /// A sentence without the file and the line.
    public let reason: String
  }

  /// More turns than this are not a conversation.
  static let turnsMax = 10_000

  /// The example that a line holds.
  public static func parse(
    _ line: UnsafeRawBufferPointer, bytesMax: Int
  ) throws(Refusal) -> DataExample {
    guard line.count <= bytesMax else {
      throw Refusal(reason: "\(line.count) bytes, the limit is \(bytesMax)")
    }
    let json: JSONValue
    do {
      json = try JSONValue.parse(line, source: "")
    } catch JSONError.invalid(_, _, _, let column, let problem) {
      throw Refusal(reason: "not JSON at column \(column): \(problem.rawValue)")
    } catch {
      throw Refusal(reason: "not JSON: \(error)")
    }
    return try example(in: json)
  }

  private static func example(in json: JSONValue) throws(Refusal) -> DataExample {
    guard json.objectValue != nil else {
      throw Refusal(reason: "\(json.kindName) instead of a JSON object")
    }
    if let turns = json["messages"] {
      return try conversation(turns, "messages", role: "role", content: "content")
    }
    if let turns = json["conversations"] {
      return try conversation(turns, "conversations", role: "from", content: "value")
    }
    if json["instruction"] != nil {
      var user = try text("instruction", in: json)
      if let input = json["input"], !input.isNull {
        let input = try text("input", in: json)
        if !input.isEmpty { user += user.isEmpty ? input : "\n\n" + input }
      }
      return try exchange(user, "instruction", try text("output", in: json), "output")
    }
    if json["prompt"] != nil {
      let completion = try text("completion", in: json)
      return try exchange(try text("prompt", in: json), "prompt", completion, "completion")
    }
    if json["text"] != nil {
      let document = try text("text", in: json)
      guard !document.allSatisfy(\.isWhitespace) else { throw Refusal(reason: "'text' is empty") }
      return .text(document)
    }
    throw Refusal(
      reason: "none of the fields messages, conversations, instruction, prompt and text")
  }

  private static func exchange(
    _ user: String, _ userField: String, _ assistant: String, _ assistantField: String
  ) throws(Refusal) -> DataExample {
    guard !user.allSatisfy(\.isWhitespace) else {
      throw Refusal(reason: "'\(userField)' is empty")
    }
    guard !assistant.allSatisfy(\.isWhitespace) else {
      throw Refusal(reason: "'\(assistantField)' is empty")
    }
    return .conversation([
      ChatMessage(role: .user, content: user), ChatMessage(role: .assistant, content: assistant),
    ])
  }

  private static func conversation(
    _ turns: JSONValue, _ field: String, role roleField: String, content contentField: String
  ) throws(Refusal) -> DataExample {
    guard let turns = turns.arrayValue else { throw Refusal(reason: "'\(field)' is not a list") }
    guard turns.count <= turnsMax else {
      throw Refusal(reason: "\(turns.count) turns, the limit is \(turnsMax)")
    }
    var messages: [ChatMessage] = []
    messages.reserveCapacity(turns.count)
    for (index, turn) in turns.enumerated() {
      let place = "\(field)[\(index)]"
      guard let speaker = turn[roleField]?.stringValue else {
        throw Refusal(reason: "\(place) has no text '\(roleField)'")
      }
      guard let role = role(of: speaker) else {
        throw Refusal(
          reason: "\(place): unknown speaker '\(speaker.prefix(40))'; known are system, user,"
            + " human, assistant and gpt")
      }
      guard let content = turn[contentField]?.stringValue else {
        throw Refusal(reason: "\(place) has no text '\(contentField)'")
      }
      messages.append(ChatMessage(role: role, content: content))
    }
    let hasResponse = messages.contains {
      $0.role == .assistant && !$0.content.allSatisfy(\.isWhitespace)
    }
    guard hasResponse else { throw Refusal(reason: "the assistant says nothing in '\(field)'") }
    return .conversation(messages)
  }

  private static func role(of speaker: String) -> ChatMessage.Role? {
    switch speaker {
    case "human": .user
    case "gpt": .assistant
    default: ChatMessage.Role(rawValue: speaker)
    }
  }

  private static func text(_ field: String, in json: JSONValue) throws(Refusal) -> String {
    guard let value = json[field] else { throw Refusal(reason: "no field '\(field)'") }
    guard let text = value.stringValue else {
      throw Refusal(reason: "'\(field)' is \(value.kindName) instead of a text")
    }
    return text
  }
}
