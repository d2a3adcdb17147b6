import GenkiCore

/// An option's value is outside of what is allowed.
public struct UsageError: ReportableError {
  /// The option, for example `--steps`.
  public let option: String
  /// What is wrong with the value.
  public let why: String
  /// What is allowed.
  public let advice: String?

  /// - Parameters:
  ///   - option: The option's name with its dashes.
  ///   - why: What is wrong, in words: `0 is out of range`.
  ///   - advice: What is allowed.
  public init(_ option: String, _ why: String, advice: String? = nil) {
    self.option = option
    self.why = why
    self.advice = advice
  }

  /// Always usage.
  public var kind: ErrorKind { .usage }
  /// The option.
  public var what: String { option }

  /// Throws unless the value is in the range, naming both.
  public static func check<T: Comparable>(
    _ option: String, _ value: T, in range: ClosedRange<T>
  ) throws {
    guard range.contains(value) else {
      throw UsageError(
        option, "\(value) is out of range", advice: "\(range.lowerBound) to \(range.upperBound)")
    }
  }
}
