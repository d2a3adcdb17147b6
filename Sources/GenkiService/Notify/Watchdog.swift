import CSystemd
@preconcurrency import Dispatch
import Foundation
import Synchronization

/// Tells the service manager that the daemon gets on, as long as every loop of it does.
///
/// Each loop registers with the longest time that may lie between two beats and beats when it has got
/// on. A loop that hangs stops the notifications, and systemd restarts the daemon after WatchdogSec.
/// That the process as such still lives is not enough.
public final class Watchdog: Sendable {
  private struct Loop {
    var limit: UInt64
    var lastBeat: UInt64
    var isReported = false
  }

  private let loops = Mutex<[String: Loop]>([:])
  private let notifier: ServiceNotifier
  private let intervalNanoseconds: UInt64?
  private let clock: @Sendable () -> UInt64
  private let onLate: @Sendable (String, Double) -> Void
  private let stopRequest = DispatchSemaphore(value: 0)
  private let hasStopped = DispatchSemaphore(value: 0)
  private let started = OneTime()

  /// A watchdog with the interval that the service manager wants; without one it only keeps count.
  ///
  /// - Parameters:
  ///   - notifier: Where to send.
  ///   - onLate: Is called once each time that a loop has become late, with its name and the seconds
  ///     since its last beat.
  public convenience init(
    notifier: ServiceNotifier, onLate: @escaping @Sendable (String, Double) -> Void
  ) {
    var microseconds: UInt64 = 0
    let isWanted = sd_watchdog_enabled(0, &microseconds) > 0
    self.init(
      notifier: notifier, watchdogNanoseconds: isWanted ? microseconds &* 1000 : nil,
      clock: MonotonicClock.nanoseconds, onLate: onLate)
  }

  package init(
    notifier: ServiceNotifier, watchdogNanoseconds: UInt64?,
    clock: @escaping @Sendable () -> UInt64,
    onLate: @escaping @Sendable (String, Double) -> Void
  ) {
    self.notifier = notifier
    intervalNanoseconds = watchdogNanoseconds.map { max(1_000_000, $0 / 2) }
    self.clock = clock
    self.onLate = onLate
  }

  /// Whether the service manager wants to be told.
  public var isWanted: Bool { intervalNanoseconds != nil }

  /// Begins to wait for a loop's beats; its first is due within the limit from now.
  public func register(_ name: String, limitSeconds: Double) {
    let limit = UInt64(max(0.001, min(limitSeconds, 1e9)) * 1e9)
    loops.withLock { $0[name] = Loop(limit: limit, lastBeat: clock()) }
  }

  /// A loop has ended in order.
  public func unregister(_ name: String) { loops.withLock { $0[name] = nil } }

  /// A loop has got on. Costs a lock and a look at the clock.
  public func beat(_ name: String) {
    loops.withLock { loops in
      loops[name]?.lastBeat = clock()
      loops[name]?.isReported = false
    }
  }

  /// The loops that are late, with the seconds since their last beat.
  public var lateLoops: [String: Double] {
    let now = clock()
    return loops.withLock { loops in
      loops.compactMapValues { loop in
        let age = now > loop.lastBeat ? now - loop.lastBeat : 0
        return age > loop.limit ? Double(age) / 1e9 : nil
      }
    }
  }

  /// Starts the thread that looks and tells. Once only.
  public func start() {
    guard started.take() else { return }
    // Without a manager the loops are still looked at, so that the log tells of those that hang.
    let interval = intervalNanoseconds ?? 10_000_000_000
    let thread = Thread { [self] in
      repeat {
        look()
      } while stopRequest.wait(timeout: .now() + .nanoseconds(Int(clamping: interval))) == .timedOut
      hasStopped.signal()
    }
    thread.name = "watchdog"
    thread.start()
  }

  /// Ends the thread and waits for that.
  public func stop() {
    guard !started.take() else { return }
    stopRequest.signal()
    hasStopped.wait()
    hasStopped.signal()
  }

  /// One look at all loops; tells the manager if none is late.
  package func look() {
    let late = lateLoops
    guard !late.isEmpty else { return notifier.watchdog() }
    for (name, seconds) in late.sorted(by: { $0.key < $1.key }) {
      let isNew = loops.withLock { loops in
        defer { loops[name]?.isReported = true }
        return loops[name]?.isReported == false
      }
      if isNew { onLate(name, seconds) }
    }
  }
}
