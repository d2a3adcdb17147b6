import GenkiCore

/// Counts attempts and waits between them, for one call.
struct RetryLoop {
  private let policy: RetryPolicy
  private let environment: RetryEnvironment
  private let cancellations: [HTTPCancellation]
  private let start: Double
  private let onRetry: ((HTTPRetry) -> Void)?
  /// Attempts that failed since something was last achieved.
  private var failures = 0
  private var attempts = 0

  init(
    _ policy: RetryPolicy, _ environment: RetryEnvironment, cancellations: [HTTPCancellation],
    onRetry: ((HTTPRetry) -> Void)?
  ) {
    self.policy = policy
    self.environment = environment
    self.cancellations = cancellations
    self.onRetry = onRetry
    start = environment.clock.monotonicSeconds
  }

  private var elapsed: Double { environment.clock.monotonicSeconds - start }

  /// A request for the next attempt, which may not outlast the whole.
  func attempt(_ request: HTTPRequest) -> HTTPRequest {
    var attempt = request
    attempt.totalSeconds = min(
      request.totalSeconds ?? .infinity, max(0.001, policy.totalSecondsMaximum - elapsed))
    return attempt
  }

  /// Something was achieved: the next failure counts as the first.
  mutating func noteProgress() { failures = 0 }

  /// Waits for the next attempt; false if there is none.
  ///
  /// - Throws: ``HTTPError/cancelled(target:)`` if it was cancelled meanwhile.
  mutating func waits(
    after error: HTTPError, headers: HTTPHeaders?, target: HTTPTarget
  ) throws -> Bool {
    failures += 1
    attempts += 1
    let clock = environment.clock
    let asked = headers.flatMap { RetryAfter.seconds(in: $0, unixSeconds: clock.unixSeconds) }
    guard
      let delay = policy.delay(
        failures: failures, elapsedSeconds: elapsed, retryAfterSeconds: asked,
        random: environment.random())
    else { return false }
    onRetry?(HTTPRetry(error: error, attempts: attempts, delaySeconds: delay))
    clock.wait(seconds: delay, unless: cancellations)
    if cancellations.contains(where: \.isCancelled) { throw HTTPError.cancelled(target: target) }
    return true
  }
}
