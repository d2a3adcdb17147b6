import Glibc

/// Time as retries need it; tests bring their own.
public protocol HTTPClock: Sendable {
  /// Seconds of a clock that is never set.
  var monotonicSeconds: Double { get }
  /// Seconds since 1970, for dates that servers send.
  var unixSeconds: Double { get }
  /// Waits, and returns early when one of the cancellations is, or becomes, cancelled.
  func wait(seconds: Double, unless cancellations: [HTTPCancellation])
}

/// The system's clocks.
public struct SystemHTTPClock: HTTPClock {
  /// Nothing to set up.
  public init() {}

  /// Seconds of a clock that is never set.
  public var monotonicSeconds: Double { Monotonic.seconds }

  /// Seconds since 1970.
  public var unixSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Waits on a condition, so that a cancellation ends it at once.
  public func wait(seconds: Double, unless cancellations: [HTTPCancellation]) {
    let deadline = monotonicSeconds + seconds
    let isCancelled = Guarded(false)
    let ids = cancellations.map { $0.register { isCancelled.update { $0 = true } } }
    _ = isCancelled.wait(until: deadline) { $0 ? true : nil }
    for (cancellation, id) in zip(cancellations, ids) { cancellation.remove(id) }
  }
}

/// Where retries get time and chance from.
public struct RetryEnvironment: Sendable {
  /// Time.
  public var clock: any HTTPClock
  /// A number in [0, 1).
  public var random: @Sendable () -> Double

  /// Time and chance.
  public init(clock: any HTTPClock, random: @escaping @Sendable () -> Double) {
    self.clock = clock
    self.random = random
  }

  /// The system's.
  public static let system = RetryEnvironment(clock: SystemHTTPClock()) { .random(in: 0..<1) }
}

/// One attempt failed and there will be another; for the log.
public struct HTTPRetry: Sendable {
  /// Why it failed.
  public var error: HTTPError
  /// Attempts so far.
  public var attempts: Int
  /// How long the wait is.
  public var delaySeconds: Double
}
