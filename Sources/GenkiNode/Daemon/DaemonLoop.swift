import Foundation
import Synchronization

/// Calls a tick whenever something may have changed, on the thread that runs it.
public final class DaemonLoop: @unchecked Sendable {
  private let condition = NSCondition()
  private let pollSeconds: Double
  private let now: @Sendable () -> Double
  // Guarded by the condition.
  private var isWoken = false
  private var isStopped = false

  /// - Parameters:
  ///   - pollSeconds: The longest time between two ticks.
  ///   - now: Seconds since 1970, as the ticks count them.
  public init(pollSeconds: Double, now: @escaping @Sendable () -> Double) {
    self.pollSeconds = pollSeconds
    self.now = now
  }

  /// Ticks until `stop`; `beat` is called before each one.
  public func run(beat: () -> Void, tick: () -> TickOutcome) {
    while true {
      condition.lock()
      let stopped = isStopped
      isWoken = false
      condition.unlock()
      if stopped { return }
      beat()
      let pause: Double
      switch tick() {
      case .progressed: continue
      case .working, .waiting: pause = pollSeconds
      case .retrying(let at): pause = min(max(at - now(), 0.01), pollSeconds)
      }
      condition.lock()
      let deadline = Date(timeIntervalSinceNow: pause)
      while !isWoken, !isStopped, condition.wait(until: deadline) {}
      condition.unlock()
    }
  }

  /// Something has changed: tick now.
  public func wake() {
    condition.lock()
    isWoken = true
    condition.broadcast()
    condition.unlock()
  }

  /// Ends `run` after the tick that is under way.
  public func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }
}
