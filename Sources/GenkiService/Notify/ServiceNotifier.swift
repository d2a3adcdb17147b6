import CSystemd
import Foundation
import GenkiCore
import Synchronization

/// Tells the service manager how the daemon fares, by sd_notify(3). Without a manager nothing happens.
public final class ServiceNotifier: Sendable {
  private let send: @Sendable (String) -> Void
  private let lastStatus = Mutex("")

  /// A notifier of the manager that started this process, if one did.
  public convenience init() {
    let hasManager = getenv("NOTIFY_SOCKET") != nil
    self.init(send: { message in if hasManager { sd_notify(0, message) } })
  }

  /// A notifier with a transport of its own, for tests.
  package init(send: @escaping @Sendable (String) -> Void) { self.send = send }

  /// The daemon serves: to be told after its sockets listen, and after a reload.
  public func ready(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }

  /// One line for `systemctl status`; repetitions are not sent.
  public func status(_ status: String) {
    let line = Self.line(status)
    let isNew = lastStatus.withLock { last in
      defer { last = line }
      return last != line
    }
    if isNew { send("STATUS=\(line)") }
  }

  /// The daemon lives and gets on.
  public func watchdog() { send("WATCHDOG=1") }

  /// The configuration is being read again; ``ready(_:)`` must follow.
  public func reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds() / 1000)")
  }

  /// The daemon is about to end.
  public func stopping(_ status: String) { send("STOPPING=1\nSTATUS=\(Self.line(status))") }

  /// A stop or start that is under way may take this much longer.
  public func extendTimeout(seconds: Double) {
    send("EXTEND_TIMEOUT_USEC=\(UInt64(max(0, min(seconds, 86400)) * 1e6))")
  }

  private static func line(_ text: String) -> String {
    String(text.escapingControls().prefix(500))
  }
}
