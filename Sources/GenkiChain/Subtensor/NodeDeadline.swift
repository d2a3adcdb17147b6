/// How long the requests of one question to a chain may take together, whatever the nodes do.
///
/// The daemon's loop may wait as long as a node needs; whoever asks out of turn, an operator for
/// example, gets an answer or an error within a time that is known before.
public enum NodeDeadline {
  /// The longest that one request of a question may take, in seconds: there may be another node.
  public static let requestSecondsMaximum = 8.0

  @TaskLocal private static var end: ContinuousClock.Instant?

  /// Carries out a question; requests that begin after the time fail with `ChainError.unreachable`.
  public static func within<Value>(
    seconds: Double, _ body: () throws -> Value
  ) rethrows -> Value {
    let asked = ContinuousClock.now + .seconds(seconds)
    return try $end.withValue(end.map { min($0, asked) } ?? asked) { try body() }
  }

  /// Seconds that are left; nil without a limit.
  static var secondsLeft: Double? { end.map { ($0 - ContinuousClock.now) / .seconds(1) } }

  /// Seconds that one request may take now, out of so many.
  static func requestSeconds(atMost maximum: Double) -> Double {
    guard let left = secondsLeft else { return maximum }
    return max(0.01, min(maximum, requestSecondsMaximum, left))
  }

  /// Whether less time was left for a request than it ought to have: its end says nothing of the node.
  static var isShort: Bool { secondsLeft.map { $0 < requestSecondsMaximum } ?? false }
}
