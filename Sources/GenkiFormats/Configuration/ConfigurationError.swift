import GenkiCore

/// A configuration file of a model or adapter cannot be used.
public enum ConfigurationError: ReportableError, Equatable {
  /// A key that is needed is missing.
  case missing(source: String, key: String)
  /// A value has the wrong type.
  case wrongType(source: String, key: String, expected: String, found: String)
  /// A number is out of bounds.
  case outOfRange(source: String, key: String, value: String, allowed: String)
  /// A value asks for something that Genki does not compute.
  case unsupported(source: String, key: String, value: String, allowed: String)
  /// Two values contradict each other.
  case inconsistent(source: String, key: String, reason: String)
  /// The language model is a part of a larger one.
  case textIsAPart(source: String, type: String, textType: String?, supported: String)
  /// The text is no JSON object.
  case notAnObject(source: String)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .missing(let source, let key), .wrongType(let source, let key, _, _),
      .outOfRange(let source, let key, _, _), .unsupported(let source, let key, _, _),
      .inconsistent(let source, let key, _):
      "\(source): \(key)"
    case .textIsAPart(let source, _, _, _): "\(source): text_config"
    case .notAnObject(let source): source
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .missing: "is missing"
    case .wrongType(_, _, let expected, let found): "must be \(expected), not \(found)"
    case .outOfRange(_, _, let value, let allowed): "\(value) is not in \(allowed)"
    case .unsupported(_, _, let value, _): "\(value) is not supported"
    case .inconsistent(_, _, let reason): reason
    case .textIsAPart(_, let type, _, _):
      "the language model is a part of a \(type.quoted()), which is not supported as a whole"
    case .notAnObject: "a JSON object was expected"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .unsupported(_, _, _, let allowed): "supported: \(allowed)"
    case .textIsAPart(_, _, let textType, let supported):
      "save its text part by itself"
        + (textType.map { ", with model_type \($0.quoted())" } ?? "") + "; supported: \(supported)"
    default: nil
    }
  }
}
