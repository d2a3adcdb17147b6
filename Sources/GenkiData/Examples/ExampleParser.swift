import GenkiCore

/// What a line of JSONL says, whichever of the kinds it is.
public enum DataExample: Sendable, Equatable {
  /// A document, learned as a whole.
  case text(String)
  /// A conversation, of which the turns that say so are learned.
  case conversation(Conversation)
}

/// A line of JSONL that is an example.
public struct DataLine: Sendable, Equatable {
  /// What it says.
  public let example: DataExample
  /// Fields that say something which is not used.
  public let unusedFields: [String]
}

/// Reads one line of JSONL. The first of these kinds that is there counts; null is as good as absent:
///
/// - `messages`, `conversations` or `conversation`: a list of turns (`TurnParser`)
/// - `instruction`, with `input` or `context`, and `output` or `response`
/// - `prompt` and `completion` or `response`; texts or lists of turns
/// - `question`, with `context`, and `answer` or `response`
/// - `input` and `output`
/// - `text` or `content`: a document
///
/// A conversation may have a `system` or `system_prompt` beside it, a single exchange a `history`.
public enum ExampleParser {
  /// What a line can be wrong about.
  public struct Refusal: Error, Equatable {
    /// A sentence without the file and the line.
    public let reason: String

    /// A line is refused for a reason.
    public init(reason: String) { self.reason = reason }
  }

  /// A question and its answer in two fields.
  private struct Exchange {
    let question: String
    var contexts: [String] = []
    let answers: [String]
    /// Whether both may be lists of turns.
    var takesTurns = false
  }

  private static let turnFields = ["messages", "conversations"]
  private static let exchanges = [
    Exchange(
      question: "instruction", contexts: ["input", "context"], answers: ["output", "response"]),
    Exchange(question: "prompt", answers: ["completion", "response"], takesTurns: true),
    Exchange(question: "question", contexts: ["context"], answers: ["answer", "response"]),
    Exchange(question: "input", answers: ["output"]),
  ]
  private static let documentFields = ["text", "content"]
  /// Fields beside a conversation that no template of a text model writes.
  private static let unwrittenFields = ["images", "videos", "audios"]

  /// The example that a line holds.
  public static func parse(
    _ line: UnsafeRawBufferPointer, bytesMax: Int, rules: DatasetOptions.Rules = .current
  ) throws(Refusal) -> DataLine {
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
    guard json.objectValue != nil else {
      throw Refusal(reason: "\(json.kindName) instead of a JSON object")
    }
    let fields = LineFields(json: json)
    switch rules {
    case .first:
      return DataLine(example: try FirstExampleParser.example(in: fields), unusedFields: [])
    case .current: return try example(in: fields)
    }
  }

  private static func example(in fields: LineFields) throws(Refusal) -> DataLine {
    if let field = turnFields(in: fields) {
      let turns = try TurnParser.messages(in: fields[field] ?? .null, field: field)
      return try conversation(
        turns, of: field, in: fields, unused: fields.isTelling("history") ? ["history"] : [])
    }
    for exchange in exchanges where fields[exchange.question] != nil {
      guard let answer = fields.first(of: exchange.answers) else { continue }
      return try self.exchange(exchange, answer: answer, in: fields)
    }
    if let field = fields.first(of: documentFields) {
      return DataLine(example: .text(try fields.wording(field)), unusedFields: [])
    }
    throw noExample(fields)
  }

  /// The field whose turns are the conversation. `conversation` is other people's name for other
  /// things, too.
  private static func turnFields(in fields: LineFields) -> String? {
    fields.first(of: turnFields)
      ?? (fields["conversation"]?.arrayValue == nil ? nil : "conversation")
  }

  /// Why a line is of no kind: the nearest one lacks something.
  private static func noExample(_ fields: LineFields) -> Refusal {
    if fields["chosen"] != nil, fields["rejected"] != nil {
      return Refusal(
        reason: "preference data ('chosen' and 'rejected'), which is not for this kind of training")
    }
    if let exchange = exchanges.first(where: { fields[$0.question] != nil }) {
      let answers = exchange.answers.map { "'\($0)'" }.joined(separator: " or ")
      return Refusal(reason: "'\(exchange.question)' without a field \(answers)")
    }
    let known = turnFields + exchanges.map(\.question) + documentFields
    if let field = known.first(where: { fields.json[$0] != nil }) {
      return Refusal(reason: "'\(field)' is null")
    }
    return Refusal(reason: "none of the fields \(known.joined(separator: ", "))")
  }

  // MARK: Conversations

  private static func exchange(
    _ exchange: Exchange, answer: String, in fields: LineFields
  ) throws(Refusal) -> DataLine {
    var messages = try history(in: fields)
    var unused: [String] = []
    if exchange.takesTurns, let prompt = fields[exchange.question], prompt.arrayValue != nil {
      let turns = try TurnParser.messages(in: prompt, field: exchange.question)
      guard !turns.isEmpty else { throw Refusal(reason: "'\(exchange.question)' is empty") }
      messages += turns.map(\.unlearned)
    } else {
      let question = try question(of: exchange, in: fields, unused: &unused)
      messages.append(ChatMessage(role: .user, content: question))
    }
    if exchange.takesTurns, let reply = fields[answer], reply.arrayValue != nil {
      let turns = try TurnParser.messages(in: reply, field: answer)
      guard saysSomething(turns) else { throw Refusal(reason: "no reply in '\(answer)'") }
      messages += turns
    } else {
      messages.append(ChatMessage(role: .assistant, content: try fields.wording(answer)))
    }
    return try conversation(messages, of: answer, in: fields, unused: unused)
  }

  /// The user's words; a context follows after a blank line.
  private static func question(
    of exchange: Exchange, in fields: LineFields, unused: inout [String]
  ) throws(Refusal) -> String {
    var question = try fields.text(exchange.question)
    var hasContext = false
    for name in exchange.contexts where fields[name] != nil {
      let context = try fields.text(name)
      guard !context.isEmpty else { continue }
      if hasContext {
        unused.append(name)
      } else {
        question += question.isEmpty ? context : "\n\n" + context
        hasContext = true
      }
    }
    guard !question.allSatisfy(\.isWhitespace) else {
      throw Refusal(reason: "'\(exchange.question)' is empty")
    }
    return question
  }

  /// Earlier exchanges: a list of pairs, the user's words and the assistant's.
  private static func history(in fields: LineFields) throws(Refusal) -> [ChatMessage] {
    guard fields.isTelling("history"), let value = fields["history"] else { return [] }
    guard let pairs = value.arrayValue else { throw Refusal(reason: "'history' is not a list") }
    var messages: [ChatMessage] = []
    for (index, pair) in pairs.enumerated() {
      guard let texts = pair.arrayValue?.map(\.stringValue), texts.count == 2,
        let user = texts[0], let assistant = texts[1]
      else { throw Refusal(reason: "history[\(index)] is not a pair of texts") }
      messages.append(ChatMessage(role: .user, content: user))
      messages.append(ChatMessage(role: .assistant, content: assistant))
    }
    return messages
  }

  /// The turns as a conversation, after the system's turn that stands beside them.
  private static func conversation(
    _ turns: [ChatMessage], of field: String, in fields: LineFields, unused: [String]
  ) throws(Refusal) -> DataLine {
    var turns = turns
    if let name = fields.first(of: ["system", "system_prompt"]), fields.isTelling(name) {
      let system = try fields.text(name)
      if let first = turns.first, first.role == .system {
        guard first.content == system else {
          throw Refusal(reason: "'\(name)' says something else than the system's turn")
        }
      } else {
        turns.insert(ChatMessage(role: .system, content: system), at: 0)
      }
    }
    guard turns.count <= TurnParser.turnsMax else {
      throw Refusal(reason: "\(turns.count) turns, the limit is \(TurnParser.turnsMax)")
    }
    guard saysSomething(turns) else {
      throw Refusal(
        reason: turns.contains { $0.role == .assistant && !$0.isLearned }
          ? "no reply in '\(field)' is to be learned" : "the assistant says nothing in '\(field)'")
    }
    return DataLine(
      example: .conversation(
        Conversation(turns, tools: try Conversation.tools(in: fields["tools"]))),
      unusedFields: unused + unwrittenFields.filter { fields.isTelling($0) })
  }

  /// Whether there is a reply to learn.
  static func saysSomething(_ messages: [ChatMessage]) -> Bool {
    messages.contains { $0.isLearned && $0.saysSomething }
  }
}
