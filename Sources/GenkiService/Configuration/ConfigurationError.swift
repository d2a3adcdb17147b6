import GenkiCore

/// One mistake in a configuration.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
  /// Where: a file, a variable of the environment or an option.
  public var source: String
  /// The line in the file.
  public var line: Int?
  /// The key or section: `chain.netuid`; nil if the mistake is about the file.
  public var key: String?
  /// What is wrong.
  public var why: String
  /// What is allowed, or what to do.
  public var allowed: String?

  /// A mistake; see the properties.
  public init(source: String, line: Int? = nil, key: String?, why: String, allowed: String? = nil) {
    self.source = source
    self.line = line
    self.key = key
    self.why = why
    self.allowed = allowed
  }

  /// `FILE:LINE: chain.netuid: 70000 is out of range (allowed: …)`.
  public var description: String {
    let place = line.map { "\(source):\($0)" } ?? source
    let subject = key.map { "\(place): \($0): \(why)" } ?? "\(place): \(why)"
    return allowed.map { "\(subject) (\($0))" } ?? subject
  }
}

/// A configuration that cannot be used: all its mistakes, not only the first.
public struct ConfigurationError: ReportableError, Equatable {
  /// In the order of the file, at least one.
  public let problems: [ConfigurationProblem]

  /// - Parameter problems: At least one.
  public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

  /// Always the configuration: exit code 78.
  public var kind: ErrorKind { .configuration }

  /// The place of the only mistake, or how many there are.
  public var what: String {
    guard let first = problems.first, problems.count == 1 else {
      return "\(problems.count) mistakes in the configuration"
    }
    let place = first.line.map { "\(first.source):\($0)" } ?? first.source
    return first.key.map { "\(place): \($0)" } ?? place
  }

  /// The only mistake, or all of them, one a line.
  public var why: String {
    guard let first = problems.first, problems.count == 1 else {
      return problems.map { "\n  \($0)" }.joined()
    }
    return first.why
  }

  /// What the only mistake's key may be.
  public var advice: String? { problems.count == 1 ? problems.first?.allowed : nil }

  /// The mistakes for `check --json`.
  public var document: JSONValue {
    .array(
      problems.map { problem in
        .object([
          "source": .string(problem.source), "line": problem.line.map { JSONValue($0) } ?? .null,
          "key": JSONValue(problem.key), "message": .string(problem.why),
          "allowed": JSONValue(problem.allowed),
        ])
      })
  }
}
