/// How long the requests of one question to a chain may take together, whatever the nodes do.
///
/// Whoever asks, an operator or a daemon's loop, gets an answer or an error within a time that is known
/// before.
public enum NodeDeadline {
  /// The longest that one request of a question may take, in seconds: there may be another node.
  public static let requestSecondsMaximum = 8.0

  @TaskLocal private static var end: ContinuousClock.Instant?
  @TaskLocal private static var eachSecondsMaximum = requestSecondsMaximum

  /// Carries out a question; requests that begin after the time fail with `ChainError.unreachable`.
  ///
  /// - Parameter each: The longest that one request may take.
  public static func within<Value>(
    seconds: Double, each: Double = requestSecondsMaximum, _ body: () throws -> Value
  ) rethrows -> Value {
    let asked = ContinuousClock.now + .seconds(seconds)
    return try $end.withValue(end.map { min($0, asked) } ?? asked) {
      try $eachSecondsMaximum.withValue(each) { try body() }
    }
  }

  /// Seconds that are left; nil without a limit.
  static var secondsLeft: Double? { end.map { ($0 - ContinuousClock.now) / .seconds(1) } }

  /// Seconds that one request may take now, out of so many.
  static func requestSeconds(atMost maximum: Double) -> Double {
    guard let left = secondsLeft else { return maximum }
    return max(0.01, min(maximum, eachSecondsMaximum, left))
  }

  /// Whether less time was left for a request than it ought to have: its end says nothing of the node.
  static var isShort: Bool { secondsLeft.map { $0 < eachSecondsMaximum } ?? false }
}
