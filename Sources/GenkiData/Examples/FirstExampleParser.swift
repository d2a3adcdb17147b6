import GenkiCore

/// Lines as `DatasetOptions.Rules.first` reads them. All validators of a round under these rules must
/// encode the same, so nothing may ever be added here:
///
/// - `{"messages": [{"role": …, "content": …}, …]}`
/// - `{"conversations": [{"from": …, "value": …}, …]}`
/// - `{"instruction": …, "input": …, "output": …}`, the input being optional
/// - `{"prompt": …, "completion": …}`
/// - `{"text": …}`
///
/// The first whose field is there counts, even if it is null; other fields are not looked at.
enum FirstExampleParser {
  typealias Refusal = ExampleParser.Refusal

  private static let turnsMax = 10_000
  private static let roles: [ChatMessage.Role] = [.system, .user, .assistant]

  static func example(in fields: LineFields) throws(Refusal) -> DataExample {
    let json = fields.json
    if let turns = json["messages"] {
      return try conversation(turns, "messages", role: "role", content: "content")
    }
    if let turns = json["conversations"] {
      return try conversation(turns, "conversations", role: "from", content: "value")
    }
    if json["instruction"] != nil {
      var user = try fields.text("instruction")
      if fields["input"] != nil {
        let input = try fields.text("input")
        if !input.isEmpty { user += user.isEmpty ? input : "\n\n" + input }
      }
      guard !user.allSatisfy(\.isWhitespace) else {
        throw Refusal(reason: "'instruction' is empty")
      }
      return exchange(user, try fields.wording("output"))
    }
    if json["prompt"] != nil {
      return exchange(try fields.wording("prompt"), try fields.wording("completion"))
    }
    if json["text"] != nil { return .text(try fields.wording("text")) }
    throw Refusal(
      reason: "none of the fields messages, conversations, instruction, prompt and text")
  }

  private static func exchange(_ user: String, _ assistant: String) -> DataExample {
    .conversation(
      Conversation([
        ChatMessage(role: .user, content: user), ChatMessage(role: .assistant, content: assistant),
      ]))
  }

  private static func conversation(
    _ turns: JSONValue, _ field: String, role roleField: String, content contentField: String
  ) throws(Refusal) -> DataExample {
    guard let turns = turns.arrayValue, turns.count <= turnsMax else {
      throw Refusal(reason: "'\(field)' is not a list of at most \(turnsMax) turns")
    }
    var messages: [ChatMessage] = []
    messages.reserveCapacity(turns.count)
    for (index, turn) in turns.enumerated() {
      guard let speaker = turn[roleField]?.stringValue, let role = role(of: speaker),
        let content = turn[contentField]?.stringValue
      else {
        throw Refusal(
          reason: "\(field)[\(index)] has no '\(roleField)' or '\(contentField)' of these rules")
      }
      messages.append(ChatMessage(role: role, content: content))
    }
    guard ExampleParser.saysSomething(messages) else {
      throw Refusal(reason: "the assistant says nothing in '\(field)'")
    }
    return .conversation(Conversation(messages))
  }

  private static func role(of speaker: String) -> ChatMessage.Role? {
    switch speaker {
    case "human": .user
    case "gpt": .assistant
    default: roles.first { $0.rawValue == speaker }
    }
  }
}
