import Foundation
import GenkiCore

/// What a model folder says about conversations: `chat_template.jinja`, and `chat_template`,
/// `bos_token` and `eos_token` in `tokenizer_config.json`.
public struct ModelChatSettings: Sendable, Equatable {
  /// The model's template, if it has one that we know.
  public var template: ChatTemplate?
  /// The file with a template that we do not know.
  public var unrecognisedTemplatePath: String?
  /// The text of the token that begins a text.
  public var beginToken: String?
  /// The text of the token that ends a text.
  public var endToken: String?

  /// Settings that say nothing.
  public init() {}

  private static let fileBytesMax = 16 << 20

  /// Reads a model folder; files that are not there say nothing.
  ///
  /// - Throws: `JSONError` or `DataError.tokenizerConfiguration` for a malformed file.
  public static func load(folder: String) throws -> ModelChatSettings {
    var settings = ModelChatSettings()
    var templateText: String?
    var templatePath = folder + "/tokenizer_config.json"
    if FileManager.default.fileExists(atPath: templatePath) {
      let json = try JSONValue.parse(file: templatePath, sizeLimit: fileBytesMax)
      settings.beginToken = try token("bos_token", in: json, path: templatePath)
      settings.endToken = try token("eos_token", in: json, path: templatePath)
      templateText = try template(in: json, path: templatePath)
    }
    let separate = folder + "/chat_template.jinja"
    if FileManager.default.fileExists(atPath: separate) {
      templateText = try TextFile.readString(separate, sizeLimit: fileBytesMax)
      templatePath = separate
    }
    if let templateText {
      settings.template = ChatTemplate(recognising: templateText, beginToken: settings.beginToken)
      if settings.template == nil { settings.unrecognisedTemplatePath = templatePath }
    }
    return settings
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

extension ChatTemplate {
  /// The built-in template that this template text is, character by character; nil if none. The
  /// default system turn of ChatML may say anything that is plain text.
  public init?(recognising text: String, beginToken: String? = nil) {
    // Inside the template's literals a line break is written as itself or escaped.
    var text = text.replacingOccurrences(of: "\\n", with: "\n")
    while text.last?.isNewline == true { text.removeLast() }
    if text == Self.chatMLStart + Self.chatMLTurn {
      self = .chatML(defaultSystem: nil)
      return
    }
    if Self.llama3Texts.contains(text) {
      self = .llama3(beginToken: beginToken ?? Self.llama3BeginToken)
      return
    }
    let start = Self.chatMLStart + Self.chatMLSystemStart
    let end = Self.chatMLSystemEnd + Self.chatMLTurn
    guard text.hasPrefix(start), text.hasSuffix(end), text.count > start.count + end.count else {
      return nil
    }
    let system = String(text.dropFirst(start.count).dropLast(end.count))
    guard !system.contains(where: { "'\\{}<>".contains($0) }) else { return nil }
    self = .chatML(defaultSystem: system)
  }

  private static let chatMLStart = "{% for message in messages %}"
  private static let chatMLSystemStart =
    "{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
  private static let chatMLSystemEnd = "<|im_end|>\n' }}{% endif %}"
  private static let chatMLTurn =
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

  /// With and without a name for the list of turns; the header of an answer asked for or always
  /// added, which makes no difference to training data.
  private static let llama3Texts: [String] = {
    let turn =
      "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
      + "+ message['content'] | trim + '<|eot_id|>' %}"
      + "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
      + "{{ content }}{% endfor %}"
    let prompt = "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    let asked = "{% if add_generation_prompt %}" + prompt + "{% endif %}"
    let plainLoop = "{% for message in messages %}"
    let namedLoop = "{% set loop_messages = messages %}{% for message in loop_messages %}"
    return [
      plainLoop + turn + asked, namedLoop + turn + asked, namedLoop + turn + prompt,
    ]
  }()
}
