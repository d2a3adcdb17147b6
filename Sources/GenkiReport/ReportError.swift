import GenkiCore

/// A report's JSON that cannot be drawn.
public enum ReportError: ReportableError, Equatable {
  /// A value of the wrong kind or out of range.
  case badValue(path: String, expected: String, found: String)
  /// A key that must be there.
  case missing(path: String)
  /// More elements than a page can hold.
  case tooMany(path: String, count: Int, maximum: Int)
  /// Two parts that must fit each other do not.
  case inconsistent(path: String, problem: String)

  /// Always bad input.
  public var kind: ErrorKind { .invalidData }
  /// The key.
  public var what: String {
    switch self {
    case .badValue(let path, _, _), .missing(let path), .tooMany(let path, _, _),
      .inconsistent(let path, _):
      "the report's '\(path)'"
    }
  }
  /// What is wrong with it.
  public var why: String {
    switch self {
    case .badValue(_, let expected, let found): "expected \(expected), found \(found)"
    case .missing: "is missing"
    case .tooMany(_, let count, let maximum):
      "has \(count) elements, at most \(maximum) can be drawn"
    case .inconsistent(_, let problem): problem
    }
  }
  /// Where the form is described.
  public var advice: String? { "the form is the one that deploy/demo writes to report.json" }
}
