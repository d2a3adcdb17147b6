/// What is tried again, how often and after how long; pure.
///
/// Waits grow exponentially and are drawn evenly from zero up to their bound ("full jitter"), so that
/// many who failed together do not come back together.
public struct RetryPolicy: Sendable, Hashable {
  /// Attempts, the first one included.
  public var attemptsMaximum: Int
  /// The bound of the first wait; each further one doubles it.
  public var firstDelaySeconds: Double
  /// The bound of the longest wait.
  public var longestDelaySeconds: Double
  /// All attempts and waits together.
  public var totalSecondsMaximum: Double
  /// A server that wants a longer wait than this has its answer taken as final.
  public var longestRetryAfterSeconds: Double

  /// A policy; the defaults are five attempts within two minutes.
  public init(
    attemptsMaximum: Int = 5, firstDelaySeconds: Double = 1, longestDelaySeconds: Double = 8,
    totalSecondsMaximum: Double = 120, longestRetryAfterSeconds: Double = 60
  ) {
    self.attemptsMaximum = attemptsMaximum
    self.firstDelaySeconds = firstDelaySeconds
    self.longestDelaySeconds = longestDelaySeconds
    self.totalSecondsMaximum = totalSecondsMaximum
    self.longestRetryAfterSeconds = longestRetryAfterSeconds
  }

  /// One attempt.
  public static let never = RetryPolicy(attemptsMaximum: 1)

  /// Whether a request may be sent again after this error.
  ///
  /// Without a connection nothing was sent, so that holds for every request; otherwise it must do no
  /// harm to send it twice.
  public func mayRetry(_ request: HTTPRequest, after error: HTTPError) -> Bool {
    switch error {
    case .cannotConnect: true
    case .interrupted, .status: request.maySendTwice && error.isTransient
    // What ended by the request's own time has none left.
    case .timedOut(_, let limit, _, _): request.maySendTwice && limit != .total
    default: false
    }
  }

  /// Whether a request may be sent again after an answer with this status.
  public func mayRetry(_ request: HTTPRequest, after status: Int) -> Bool {
    request.maySendTwice && HTTPError.transientStatuses.contains(status)
  }

  /// How long to wait before the next attempt; nil if there is none.
  ///
  /// - Parameters:
  ///   - failures: Attempts that have failed in a row, at least 1.
  ///   - elapsedSeconds: Since the first attempt began.
  ///   - retryAfterSeconds: What the server asked for.
  ///   - random: A number in [0, 1).
  public func delay(
    failures: Int, elapsedSeconds: Double, retryAfterSeconds: Double?, random: Double
  ) -> Double? {
    guard failures < attemptsMaximum else { return nil }
    // Beyond 2^60 no bound is left to double.
    let doublings = min(max(0, failures - 1), 60)
    let bound = min(longestDelaySeconds, firstDelaySeconds * Double(1 << doublings))
    var delay = max(0, bound * random)
    if let asked = retryAfterSeconds {
      guard asked <= longestRetryAfterSeconds else { return nil }
      delay = max(delay, asked)
    }
    return elapsedSeconds + delay < totalSecondsMaximum ? delay : nil
  }
}
