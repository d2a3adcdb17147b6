/// What is wrong with a JSON text.
public enum JSONProblem: String, Sendable {
  case unexpectedEnd = "the text ends in the middle of a value"
  case expectedValue = "a value was expected"
  case expectedObject = "an object was expected"
  case expectedArray = "an array was expected"
  case expectedString = "a string was expected"
  case expectedNumber = "a number was expected"
  case expectedKey = "a key must be a string"
  case expectedColon = "':' was expected after a key"
  case expectedCommaOrEnd = "',' or the closing bracket was expected"
  case trailingComma = "a comma stands before the closing bracket"
  case trailingCharacters = "characters follow the value"
  case invalidNumber = "not a JSON number"
  case numberOutOfRange = "the number is too large"
  case controlCharacter = "a control character stands unescaped in a string"
  case invalidEscape = "an unknown escape sequence"
  case loneSurrogate = "half of a surrogate pair"
  case invalidUTF8 = "not valid UTF-8"
  case tooDeep = "nested too deeply"
  case tooManyValues = "more values than allowed"
}

/// A text is not the JSON that was expected.
public enum JSONError: ReportableError, Equatable {
  /// The text breaks the grammar, or is not what the reader asked for, at a place.
  case invalid(source: String, offset: Int, line: Int, column: Int, problem: JSONProblem)
  /// The text is longer than the reader allows.
  case tooLarge(source: String, bytes: Int, limit: Int)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .invalid(let source, let offset, let line, let column, _):
      "\(source): line \(line), column \(column) (byte \(offset))"
    case .tooLarge(let source, _, _): source
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .invalid(_, _, _, _, let problem): "not valid JSON: \(problem.rawValue)"
    case .tooLarge(_, let bytes, let limit):
      "\(bytes) bytes of JSON, more than the limit of \(limit)"
    }
  }

  /// What to do about it.
  public var advice: String? { nil }
}
