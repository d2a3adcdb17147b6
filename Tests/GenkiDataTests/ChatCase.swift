import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

/// A rendering by transformers: `Tests/Vectors/formats/chat/chat_cases.jsonl`.
struct ChatCase: CustomTestStringConvertible, Sendable {
  let template: String
  let tokenizer: String
  let name: String
  let tokens: JSONObject
  let conversation: JSONValue
  let arguments: JSONObject
  let addsPrompt: Bool
  /// The text; nil where the template refuses the conversation.
  let text: String?
  let ids: [Int32]
  let mask: [Bool]
  /// transformers reads control tokens in the content as tokens; we do not.
  let isHostile: Bool
  var testDescription: String { "\(template), \(name)\(addsPrompt ? ", asked" : "")" }

  init(_ json: JSONValue) {
    template = json["template"]?.stringValue ?? ""
    tokenizer = json["tokenizer"]?.stringValue ?? ""
    name = json["case"]?.stringValue ?? ""
    tokens = [
      "bos_token": json["bos_token"] ?? .null, "eos_token": json["eos_token"] ?? .null,
    ]
    conversation = ["messages": json["messages"] ?? .null, "tools": json["tools"] ?? .null]
    arguments = json["arguments"]?.objectValue ?? [:]
    addsPrompt = json["add_generation_prompt"]?.boolValue ?? false
    text = json["text"]?.stringValue
    ids = (json["ids"]?.arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) }
    mask = (json["mask"]?.arrayValue ?? []).map { $0 == 1 }
    isHostile = json["content_has_control_tokens"]?.boolValue ?? false
  }

  static let all: [ChatCase] = {
    let path = Vectors.path("formats/chat/chat_cases.jsonl")
    let text = (try? TextFile.readString(path, sizeLimit: 8 << 20)) ?? ""
    return text.split(separator: "\n").compactMap {
      (try? JSONValue.parse(String($0), source: path)).map(ChatCase.init)
    }
  }()

  /// The template's own text.
  static func source(_ name: String) throws -> String {
    try TextFile.readString(
      Vectors.path("formats/chat/templates/\(name).jinja"), sizeLimit: 1 << 20)
  }

  /// The template, as a model folder with it would have it.
  func format() throws -> ChatFormat {
    var settings = ModelChatSettings()
    settings.templates = .init(path: template, standard: try Self.source(template))
    settings.tokens = tokens
    return try ChatFormat(settings: settings, choice: ChatChoice(arguments: arguments))
  }

  /// The template's encoder.
  func encoder() throws -> (encoder: ChatEncoder, tokenizer: Tokenizer) {
    let tokenizer = try Tokenizers.load(self.tokenizer)
    let end = tokens["eos_token"]?.stringValue.flatMap { tokenizer.id(of: $0) }
    return (
      try ChatEncoder(
        tokenizer: tokenizer, format: format(), endTokenIDs: [end].compactMap(\.self)),
      tokenizer
    )
  }
}

/// Tokenizers of the vectors, each read once.
enum Tokenizers {
  private static let known: [String: Result<Tokenizer, any Error>] =
    Dictionary(
      uniqueKeysWithValues: Set(ChatCase.all.map(\.tokenizer)).map { path in
        (path, Result { try Tokenizer.load(path: Vectors.path("formats/" + path)) })
      })

  static func load(_ path: String) throws -> Tokenizer {
    guard let tokenizer = known[path] else { throw FileError.missing(path: path) }
    return try tokenizer.get()
  }
}
