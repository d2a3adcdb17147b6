import GenkiCore
import GenkiModel

/// What `generate` puts before a model, and how it tells what came of it.
struct GenerateQuestion {
  /// New tokens of a text, if nothing is said.
  static let textTokens = 128
  /// New tokens of a reply, which has an end of its own, if nothing is said.
  static let replyTokens = 1024

  /// The text to continue; nil of a conversation.
  let text: String?
  let ids: [Int32]
  /// The tokens that end what the model writes.
  let ends: Set<Int32>

  var isConversation: Bool { text == nil }
  /// New tokens if nothing is said.
  var maxTokens: Int { isConversation ? Self.replyTokens : Self.textTokens }

  /// The document of `--json`.
  func document(_ generation: Generation, text written: String, speed: Double) -> JSONValue {
    var object = JSONObject()
    if let text { object["prompt"] = .string(text) }
    object["prompt_ids"] = .array(ids.map { .integer(Int64($0)) })
    object["ids"] = .array(generation.ids.map { .integer(Int64($0)) })
    object["text"] = .string(written)
    object["end"] = .string(generation.end.name)
    object["tokens"] = JSONValue(generation.ids.count)
    object["tokens_per_second"] = .number(speed)
    return .object(object)
  }
}

extension Generation.End {
  /// As JSON has it.
  var name: String {
    switch self {
    case .endToken: "end_token"
    case .length: "length"
    case .contextFull: "context_full"
    case .stopped: "stopped"
    }
  }

  /// What ended a text, for people.
  var words: String {
    switch self {
    case .endToken: "an end token"
    case .length: "--max-tokens"
    case .contextFull: "the end of the context"
    case .stopped: "a signal"
    }
  }
}
