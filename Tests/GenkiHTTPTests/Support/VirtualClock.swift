import GenkiHTTP

/// A clock that waits in no time and remembers how long.
final class VirtualClock: HTTPClock {
  private struct State {
    var now = 1_000.0
    var waits: [Double] = []
  }

  private let state = Guarded(State())
  private let onWait: @Sendable (Int) -> Void

  /// - Parameter onWait: Called in each wait with its number, from 1.
  init(onWait: @escaping @Sendable (Int) -> Void = { _ in }) { self.onWait = onWait }

  var waits: [Double] { state.withLock { $0.waits } }
  var monotonicSeconds: Double { state.withLock { $0.now } }
  /// Sunday, 6 November 1994, 08:49:37 GMT: the date of the standard's example.
  var unixSeconds: Double { 784_111_777 }

  func wait(seconds: Double, unless cancellations: [HTTPCancellation]) {
    let number = state.withLock { state in
      state.now += seconds
      state.waits.append(seconds)
      return state.waits.count
    }
    onWait(number)
  }

  /// This clock and chance that is always one half.
  var environment: RetryEnvironment { RetryEnvironment(clock: self) { 0.5 } }
}
