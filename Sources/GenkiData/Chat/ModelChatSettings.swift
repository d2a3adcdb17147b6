import Foundation
import GenkiCore
import GenkiFormats

/// What a model folder says about conversations and documents: its chat templates, and the tokens that
/// begin a text, end one and have other names.
public struct ModelChatSettings: Sendable, Equatable {
  /// The chat templates of a model.
  public struct Templates: Sendable, Equatable {
    /// The file they stand in.
    public var path: String
    /// The one that counts; nil where the file has a list without `default`.
    public var standard: String?
    /// The one that counts where a conversation has tools.
    public var toolUse: String?
    /// The names in a list.
    public var names: [String]

    /// Templates of a file; see the properties.
    public init(
      path: String, standard: String?, toolUse: String? = nil, names: [String] = []
    ) {
      self.path = path
      self.standard = standard
      self.toolUse = toolUse
      self.names = names
    }
  }

  /// The model's templates, if it has any.
  public var templates: Templates?
  /// The tokens that have names, which templates read as variables: `bos_token`, `eos_token`, …
  public var tokens: JSONObject = [:]
  /// The text of the token that begins a text.
  public var beginToken: String?
  /// The tokens that may end a text; the first that the vocabulary has does.
  public var endTokens: [NamedToken] = []

  /// Settings that say nothing.
  public init() {}

  private static let fileBytesMax = 16 << 20
  /// Ends texts of models that name no token.
  private static let usualEndToken = NamedToken(name: .text("<|endoftext|>"), place: nil)
  /// Tokens whose names every tokenizer knows.
  private static let namedTokens = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

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
    let path = folder + "/tokenizer_config.json"
    let configuration = try json(path)
    if let configuration { settings.templates = try templates(in: configuration, path: path) }
    let separate = "\(folder)/\(ModelFiles.chatTemplate)"
    if FileManager.default.fileExists(atPath: separate) {
      let text = try TextFile.readString(separate, sizeLimit: fileBytesMax)
      settings.templates = Templates(path: separate, standard: text)
    }
    try settings.readTokens(configuration, folder: folder, rules: rules)
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
      for name in Self.namedTokens {
        // Under the first rules other tokens are not looked at.
        if rules == .first, name != "bos_token", name != "eos_token" { continue }
        guard let text = try Self.token(name, in: json, path: path) else { continue }
        if tokens[name] == nil { tokens[name] = .string(text) }
        if name == "eos_token" {
          endTokens.append(NamedToken(name: .text(text), place: "eos_token of \(file)"))
        }
      }
      readFurtherTokens(json)
    }
    beginToken = tokens["bos_token"]?.stringValue
    if rules == .current {
      for file in ["config.json", "generation_config.json"] {
        endTokens += Self.endIDs(in: try Self.json("\(folder)/\(file)"), file: file)
      }
    }
    if endTokens.isEmpty || rules == .current { endTokens.append(Self.usualEndToken) }
  }

  /// Tokens with names that only this model has: `extra_special_tokens` as an object.
  private mutating func readFurtherTokens(_ json: JSONValue) {
    for (name, value) in json["extra_special_tokens"]?.objectValue?.entries ?? [] {
      guard let text = value.stringValue ?? value["content"]?.stringValue else { continue }
      if tokens[name] == nil { tokens[name] = .string(text) }
    }
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

  /// One template, or a list of named ones: `default`, and `tool_use` for conversations with tools.
  private static func templates(in json: JSONValue, path: String) throws -> Templates? {
    guard let value = json["chat_template"], !value.isNull else { return nil }
    if let text = value.stringValue { return Templates(path: path, standard: text) }
    guard let named = value.arrayValue else {
      throw DataError.tokenizerConfiguration(
        path: path, key: "chat_template", reason: "neither a text nor a list of named templates")
    }
    func text(_ name: String) -> String? {
      named.first { $0["name"]?.stringValue == name }?["template"]?.stringValue
    }
    return Templates(
      path: path, standard: text("default"), toolUse: text("tool_use"),
      names: named.compactMap { $0["name"]?.stringValue })
  }
}
