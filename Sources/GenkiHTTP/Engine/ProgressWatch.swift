/// Tells a transfer that goes on from one that does not; pure, time comes in.
struct ProgressWatch {
  /// What is wrong, or when to look again.
  enum Verdict: Equatable {
    case fine(until: Double)
    case idle
    case slow
  }

  private let timeouts: HTTPTimeouts
  private var lastCount = 0
  private var lastMove: Double
  private var windowStart: Double
  private var windowCount = 0

  init(_ timeouts: HTTPTimeouts, now: Double) {
    self.timeouts = timeouts
    lastMove = now
    windowStart = now
  }

  /// Starts over: what was before does not count, as after a pause that is our own.
  mutating func restart(now: Double) {
    lastMove = now
    startWindow(now)
  }

  /// Judges by the number of bytes so far.
  ///
  /// - Parameter isMoving: Whether a body is under way, so that the speed counts too.
  mutating func check(count: Int, isMoving: Bool, now: Double) -> Verdict {
    if count != lastCount {
      lastCount = count
      lastMove = now
    }
    let idleEnd = lastMove + timeouts.idleSeconds
    guard now < idleEnd else { return .idle }
    guard isMoving, timeouts.slowBytesPerSecond > 0 else {
      startWindow(now)
      return .fine(until: idleEnd)
    }
    let windowEnd = windowStart + timeouts.slowSeconds
    if now >= windowEnd {
      let moved = Double(count - windowCount)
      if moved < Double(timeouts.slowBytesPerSecond) * (now - windowStart) { return .slow }
      startWindow(now)
    }
    return .fine(until: min(idleEnd, windowStart + timeouts.slowSeconds))
  }

  private mutating func startWindow(_ now: Double) {
    windowStart = now
    windowCount = lastCount
  }
}
