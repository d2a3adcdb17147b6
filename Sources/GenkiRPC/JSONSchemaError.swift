import GenkiCore

/// A JSON value does not fit its schema.
public struct JSONSchemaError: ReportableError, Equatable {
  /// Where: `items[3].name`; empty for the whole value.
  public var path: String
  /// What would be allowed there: `an integer from 1 to 10`.
  public var expected: String
  /// What stands there: `a string`; nil if nothing does.
  public var found: String?

  /// An error at a place.
  public init(path: String, expected: String, found: String?) {
    self.path = path
    self.expected = expected
    self.found = found
  }

  /// Always bad data.
  public var kind: ErrorKind { .invalidData }
  /// The path.
  public var what: String { path.isEmpty ? "the value" : path.quoted(limit: 200) }
  /// What is there and what should be.
  public var why: String {
    if let found { return "expected \(expected), found \(found)" }
    return "is missing: expected \(expected)"
  }
  /// The expectation says it all.
  public var advice: String? { nil }
}
