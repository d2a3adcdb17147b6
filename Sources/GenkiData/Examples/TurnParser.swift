import GenkiCore

/// Reads a list of turns: each has `role` and `content` or `from` and `value`, and may say that it is
/// not learned; an `input` with an `output` is two turns, with `system` three. An assistant may call tools
/// (`tool_calls`, or a turn of `function_call`), which answer in turns of their own.
enum TurnParser {
  typealias Refusal = ExampleParser.Refusal

  /// More turns than this are not a conversation.
  static let turnsMax = 10_000

  private static let speakerFields = ["role", "from"]
  /// Who speaks, by all names that are in use.
  private static let speakers: [(role: ChatMessage.Role, names: [String])] = [
    (.system, ["system", "developer"]), (.user, ["user", "human"]),
    (.assistant, ["assistant", "gpt", "chatgpt", "bing", "bard", "model"]),
    (.tool, ["tool", "observation", "function_response", "ipython"]),
  ]
  /// Members of a turn that says nothing but who speaks and what.
  private static let plainMembers = 2
  /// Who speaks where the words are a call.
  private static let callSpeaker = "function_call"
  /// The former way of calls and answers, which templates no longer read.
  private static let formerSpeaker = "function"
  /// Members that are handed on to a template as they are.
  private static let passedOn = ["tool_call_id", "name"]

  static func messages(in turns: JSONValue, field: String) throws(Refusal) -> [ChatMessage] {
    guard let turns = turns.arrayValue else { throw Refusal(reason: "'\(field)' is not a list") }
    guard turns.count <= turnsMax else {
      throw Refusal(reason: "\(turns.count) turns, the limit is \(turnsMax)")
    }
    var messages: [ChatMessage] = []
    messages.reserveCapacity(turns.count)
    for (index, turn) in turns.enumerated() {
      let turn = Turn(fields: LineFields(json: turn), list: field, index: index)
      if turn.fields.first(of: speakerFields) == nil, turn.fields["input"] != nil {
        messages += try exchange(turn)
      } else {
        let message = try message(turn)
        if message.role == .tool, !isAnswer(after: messages) {
          throw Refusal(reason: "\(turn.place): a tool answers and nothing was called before")
        }
        messages.append(message)
      }
    }
    return messages
  }

  /// Whether a tool's answer may follow: the turn before is one, too, or has a call.
  private static func isAnswer(after messages: [ChatMessage]) -> Bool {
    guard let last = messages.last else { return false }
    return last.role == .tool || !last.toolCalls.isEmpty
  }

  /// A turn, with what it is called in refusals.
  private struct Turn {
    let fields: LineFields
    let list: String
    let index: Int

    var place: String { "\(list)[\(index)]" }
    /// Whether turns of this list usually have `from` and `value`.
    var usesFrom: Bool { list == "conversations" }
  }

  private static func exchange(_ turn: Turn) throws(Refusal) -> [ChatMessage] {
    var messages: [ChatMessage] = []
    if turn.fields.isTelling("system") {
      messages.append(ChatMessage(role: .system, content: try turn.fields.text("system")))
    }
    messages.append(ChatMessage(role: .user, content: try turn.fields.wording("input")))
    messages.append(ChatMessage(role: .assistant, content: try turn.fields.text("output")))
    return messages
  }

  private static func message(_ turn: Turn) throws(Refusal) -> ChatMessage {
    let fields = turn.fields
    let speakerField =
      fields.first(of: speakerFields) ?? (turn.usesFrom ? "from" : "role")
    guard let speaker = fields[speakerField]?.stringValue else {
      throw Refusal(reason: "\(turn.place) has no text '\(speakerField)'")
    }
    if speaker == callSpeaker {
      return ChatMessage(
        role: .assistant, content: "", isLearned: try isWanted(fields, turn.place),
        members: ["tool_calls": .array(try ToolCalls.read(text: content(turn), place: turn.place))])
    }
    let role = try role(of: speaker, turn)
    // Most turns have no more, and there are many.
    if fields.json.objectValue?.entries.count == plainMembers,
      fields.first(of: ["content", "value"]) != nil
    {
      return ChatMessage(role: role, content: try content(turn))
    }
    guard !fields.isTelling("function_call") else {
      throw Refusal(
        reason: "\(turn.place) has 'function_call', the former way of calls; write 'tool_calls'")
    }
    var members: JSONObject = [:]
    if fields.isTelling("tool_calls"), let calls = fields["tool_calls"] {
      guard role == .assistant else {
        throw Refusal(reason: "\(turn.place) has 'tool_calls' and is not the assistant's")
      }
      members["tool_calls"] = .array(try ToolCalls.read(calls, place: turn.place))
    }
    for name in passedOn where fields.isTelling(name) { members[name] = fields[name] }
    let isWanted = try isWanted(fields, turn.place)
    return ChatMessage(
      role: role,
      content: try content(turn, mayBeAbsent: members["tool_calls"] != nil),
      isLearned: role == .assistant && isWanted,
      reasoning: fields.isTelling("reasoning_content") ? try fields.text("reasoning_content") : nil,
      members: members)
  }

  private static func role(
    of speaker: String, _ turn: Turn
  ) throws(Refusal) -> ChatMessage.Role {
    if let role = ChatMessage.Role(rawValue: speaker) { return role }
    if let known = speakers.first(where: { $0.names.contains(speaker) }) { return known.role }
    guard speaker != formerSpeaker else {
      throw Refusal(
        reason: "\(turn.place) is a turn of 'function', the former way of answers; write 'tool'")
    }
    throw Refusal(
      reason: "\(turn.place): unknown speaker '\(speaker.prefix(40))'; known are "
        + speakers.flatMap(\.names).joined(separator: ", "))
  }

  /// A text, or a list of parts that are texts; beside calls of tools there may be none.
  private static func content(
    _ turn: Turn, mayBeAbsent: Bool = false
  ) throws(Refusal) -> String {
    let field =
      turn.fields.first(of: ["content", "value"]) ?? (turn.usesFrom ? "value" : "content")
    let value = turn.fields[field]
    if let text = value?.stringValue { return text }
    if mayBeAbsent, value == nil { return "" }
    guard let parts = value?.arrayValue else {
      throw Refusal(reason: "\(turn.place) has no text '\(field)'")
    }
    guard !parts.isEmpty else { throw Refusal(reason: "\(turn.place) has no part of '\(field)'") }
    var content = ""
    for (index, part) in parts.enumerated() {
      let type = part["type"]?.stringValue
      guard type == "text", let text = part["text"]?.stringValue else {
        let kind = type == nil || type == "text" ? "not a text" : "of type '\(type ?? "")'"
        throw Refusal(
          reason: "\(turn.place).\(field)[\(index)] is \(kind.prefix(60)): only texts are learned")
      }
      content += text
    }
    return content
  }

  /// What `weight` (0 or 1) and `train` say; a turn without them is wanted.
  private static func isWanted(
    _ fields: LineFields, _ place: String
  ) throws(Refusal) -> Bool {
    var isWanted = true
    if let weight = fields["weight"] {
      guard let value = weight.doubleValue, value == 0 || value == 1 else {
        throw Refusal(
          reason: "\(place): weight is \(weight.encoded().prefix(40)), allowed are 0 and 1")
      }
      isWanted = value == 1
    }
    if let train = fields["train"] {
      guard let value = train.boolValue else {
        throw Refusal(
          reason: "\(place): train is \(train.encoded().prefix(40)), allowed are true and false")
      }
      isWanted = isWanted && value
    }
    return isWanted
  }
}
