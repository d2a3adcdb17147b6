/// Why a regular expression of an adapter's configuration is not evaluated.
package enum PatternError: Error, Equatable {
  /// Something that this matcher does not do, as it stands in the expression.
  case construct(String, name: String)
  /// It is no regular expression.
  case malformed(String)
  /// It is longer, deeper or of more states than is read.
  case tooLarge(String)

  /// What is wrong with it, in words that follow the expression.
  package var reason: String {
    switch self {
    case .construct(let text, let name): "\(name) (\(text.quoted(limit: 12))) is not evaluated"
    case .malformed(let why): "it is no regular expression: \(why)"
    case .tooLarge(let why): why
    }
  }
}
