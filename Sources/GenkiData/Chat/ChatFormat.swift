import GenkiCore
import GenkiFormats

/// How a model's conversations are written: as its own template has it, or a built-in one.
public enum ChatFormat: Sendable {
  /// A built-in template, chosen by name, or the plain one for a model that has none.
  case builtIn(ChatTemplate)
  /// The model's own template.
  case own(ModelTemplate)
  /// The model's own template, which cannot be used: conversations are refused until another is chosen.
  case refused(DataError)

  /// The format of a model folder.
  ///
  /// - Throws: `DataError` for an unknown name of a template or a malformed file of the folder. A template
  ///   that cannot be used is no error before there is a conversation.
  public init(
    settings: ModelChatSettings, choice: ChatChoice, rules: DatasetOptions.Rules = .current
  ) throws {
    if let name = choice.templateName {
      self = .builtIn(try ChatTemplate(named: name, beginToken: settings.beginToken))
      guard choice.arguments == [:] else {
        throw DataError.chatTemplateArguments(
          reason: "the template \(name) is built in and takes none")
      }
      return
    }
    guard let templates = settings.templates else {
      self = .builtIn(.plain)
      return
    }
    switch rules {
    case .first:
      // A list without a default counted as none.
      guard let text = templates.standard else {
        self = .builtIn(.plain)
        return
      }
      let known = ChatTemplate(recognising: text, beginToken: settings.beginToken)
      self = known.map { .builtIn($0) } ?? .refused(.unknownChatTemplate(path: templates.path))
    case .current:
      do {
        self = .own(try ModelTemplate(templates, tokens: settings.tokens, choice: choice))
      } catch let error as DataError {
        self = .refused(error)
      }
    }
  }

  /// Why conversations are refused; nil if they are not.
  public var refusal: DataError? {
    if case .refused(let error) = self { return error }
    return nil
  }

  /// Whether a member or a variable of a conversation can come into the text.
  func writes(_ name: String) -> Bool {
    if case .own(let template) = self { return template.mentions(name) }
    return false
  }

  /// Whether it is the plain template.
  var isPlain: Bool {
    if case .builtIn(.plain) = self { return true }
    return false
  }
}
