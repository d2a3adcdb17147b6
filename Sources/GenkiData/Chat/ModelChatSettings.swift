import Foundation
import GenkiCore
import GenkiFormats

/// What a model folder says about conversations and documents: its chat template, and the tokens that
/// begin a text and end one.
public struct ModelChatSettings: Sendable, Equatable {
  /// The model's template, if it has one that we know.
  public var template: ChatTemplate?
  /// The file with a template that we do not know.
  public var unrecognisedTemplatePath: String?
  /// The text of the token that begins a text.
  public var beginToken: String?
  /// The tokens that may end a text; the first that the vocabulary has does.
  public var endTokens: [NamedToken] = []

  /// Settings that say nothing.
  public init() {}

  private static let fileBytesMax = 16 << 20
  /// Ends texts of models that name no token.
  private static let usualEndToken = NamedToken(name: .text("<|endoftext|>"), place: nil)

  /// Reads a model folder; files that are not there say nothing.
  ///
  /// Tokens are looked for where transformers' tokenizer has them from, `tokenizer_config.json` and then
  /// `special_tokens_map.json`; then, the end token only, where its models have it from: `config.json`
  /// and `generation_config.json`. Under the first rules `tokenizer_config.json` alone counts.
  ///
  /// - Throws: `JSONError` or `DataError.tokenizerConfiguration` for a malformed file.
  public static func load(
    folder: String, rules: DatasetOptions.Rules = .current
  ) throws -> ModelChatSettings {
    var settings = ModelChatSettings()
    var templateText: String?
    var templatePath = folder + "/tokenizer_config.json"
    let configuration = try json(templatePath)
    if let configuration { templateText = try template(in: configuration, path: templatePath) }
    let separate = folder + "/chat_template.jinja"
    if FileManager.default.fileExists(atPath: separate) {
      templateText = try TextFile.readString(separate, sizeLimit: fileBytesMax)
      templatePath = separate
    }
    try settings.readTokens(configuration, folder: folder, rules: rules)
    if let templateText {
      settings.template = ChatTemplate(recognising: templateText, beginToken: settings.beginToken)
      if settings.template == nil { settings.unrecognisedTemplatePath = templatePath }
    }
    return settings
  }

  private mutating func readTokens(
    _ configuration: JSONValue?, folder: String, rules: DatasetOptions.Rules
  ) throws {
    var sources = [("tokenizer_config.json", configuration)]
    if rules == .current {
      sources.append(
        ("special_tokens_map.json", try Self.json(folder + "/special_tokens_map.json")))
    }
    for (file, json) in sources {
      guard let json else { continue }
      let path = "\(folder)/\(file)"
      let begin = try Self.token("bos_token", in: json, path: path)
      beginToken = beginToken ?? begin
      if let text = try Self.token("eos_token", in: json, path: path) {
        endTokens.append(NamedToken(name: .text(text), place: "eos_token of \(file)"))
      }
    }
    if rules == .current {
      for file in ["config.json", "generation_config.json"] {
        endTokens += Self.endIDs(in: try Self.json("\(folder)/\(file)"), file: file)
      }
    }
    if endTokens.isEmpty || rules == .current { endTokens.append(Self.usualEndToken) }
  }

  /// `eos_token_id`: a number or a list of them.
  private static func endIDs(in json: JSONValue?, file: String) -> [NamedToken] {
    let value = json?["eos_token_id"]
    let ids = value?.arrayValue?.compactMap(\.intValue) ?? [value?.intValue].compactMap(\.self)
    return ids.map { NamedToken(name: .id($0), place: "eos_token_id of \(file)") }
  }

  private static func json(_ path: String) throws -> JSONValue? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try JSONValue.parse(file: path, sizeLimit: fileBytesMax)
  }

  /// A token is written as its text or as an object with `content`.
  private static func token(_ key: String, in json: JSONValue, path: String) throws -> String? {
    guard let value = json[key], !value.isNull else { return nil }
    if let text = value.stringValue ?? value["content"]?.stringValue { return text }
    throw DataError.tokenizerConfiguration(
      path: path, key: key, reason: "neither a text nor an object with 'content'")
  }

  /// One template, or a list of named ones of which `default` counts.
  private static func template(in json: JSONValue, path: String) throws -> String? {
    guard let value = json["chat_template"], !value.isNull else { return nil }
    if let text = value.stringValue { return text }
    guard let named = value.arrayValue else {
      throw DataError.tokenizerConfiguration(
        path: path, key: "chat_template", reason: "neither a text nor a list of named templates")
    }
    return named.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue
  }
}
