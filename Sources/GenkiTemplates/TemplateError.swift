import GenkiCore

/// Why a chat template cannot be used, or cannot render a conversation.
public enum TemplateError: ReportableError, Equatable {
  /// The text is no template.
  case syntax(line: Int, reason: String)
  /// A construct outside the language that is run here, by its name: "the filter 'xmlattr'".
  case unsupported(construct: String, line: Int)
  /// A bound of `TemplateLimits` is reached.
  case limit(TemplateLimit, line: Int)
  /// The template itself refuses the conversation, with `raise_exception`.
  case raised(message: String)
  /// What the template asks of a value cannot be had: an undefined name, a wrong type.
  case failed(line: Int, reason: String)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .syntax(let line, _), .unsupported(_, let line), .limit(_, let line), .failed(let line, _):
      "chat template, line \(line)"
    case .raised: "chat template"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .syntax(_, let reason), .failed(_, let reason): reason
    case .unsupported(let construct, _): "\(construct) is not supported"
    case .limit(let limit, _): "it needs more than \(limit.words) allowed"
    case .raised(let message): "the template says: \(message)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .syntax: "is this a chat template in Jinja?"
    case .unsupported: "name one of the built-in templates instead"
    case .limit: nil
    case .raised, .failed: nil
    }
  }
}
