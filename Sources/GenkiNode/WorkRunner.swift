import Foundation
import GenkiCore
import Synchronization

/// Does heavy work, one piece at a time, so that a daemon's loop never waits for it.
public protocol WorkRunner: AnyObject, Sendable {
  /// Starts the work of a key unless it runs already; gives its result once it has ended.
  ///
  /// - Returns: Nil while it runs, or while another piece does.
  func outcome<Value: Sendable>(
    of key: String, _ body: @escaping @Sendable (WorkControl) throws -> Value
  ) -> Result<Value, any Error>?
  /// Asks the work of a key to end early.
  func stop(_ key: String)
  /// The key of the work that runs.
  var current: String? { get }
  /// Waits until nothing runs, at most so long.
  func waitUntilIdle(seconds: Double)
}

/// Tells work that it should end.
public final class WorkControl: Sendable {
  private let stopped = Atomic<Bool>(false)

  /// Work that goes on.
  public init() {}

  /// Whether the work should end early.
  public var shouldStop: Bool { stopped.load(ordering: .acquiring) }

  /// Asks for an early end.
  public func stop() { stopped.store(true, ordering: .releasing) }
}

/// Does the work where it is asked for; for tests.
public final class InlineWorkRunner: WorkRunner {
  /// Nothing to set up.
  public init() {}

  /// Does the work and gives its result.
  public func outcome<Value: Sendable>(
    of key: String, _ body: @escaping @Sendable (WorkControl) throws -> Value
  ) -> Result<Value, any Error>? {
    Result { try body(WorkControl()) }
  }

  /// Nothing runs.
  public func stop(_ key: String) {}
  /// Nothing runs.
  public var current: String? { nil }
  /// Nothing runs.
  public func waitUntilIdle(seconds: Double) {}
}

/// Does the work on a thread of its own that yields to the threads that answer people.
public final class ThreadWorkRunner: WorkRunner {
  private struct State {
    var key: String?
    var control = WorkControl()
    var result: Result<any Sendable, any Error>?
  }

  private static let stackBytes = 16 << 20
  /// Added to the niceness of the thread and of those it starts.
  private static let niceness: Int32 = 5

  private let state = Mutex(State())
  private let idle = NSCondition()
  private let onEnd: @Sendable () -> Void

  /// - Parameter onEnd: Called on the worker's thread when a piece of work has ended.
  public init(onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }

  /// The key of the work that runs.
  public var current: String? {
    state.withLock { $0.result == nil ? $0.key : nil }
  }

  /// Starts work or gives its result; see the protocol.
  public func outcome<Value: Sendable>(
    of key: String, _ body: @escaping @Sendable (WorkControl) throws -> Value
  ) -> Result<Value, any Error>? {
    let (control, finished): (WorkControl?, Result<any Sendable, any Error>?) = state.withLock {
      state in
      if state.key == key {
        guard let result = state.result else { return (nil, nil) }
        state = State()
        return (nil, result)
      }
      // The result of work that nobody asks for any more gives way.
      guard state.key == nil || state.result != nil else { return (nil, nil) }
      state = State(key: key)
      return (state.control, nil)
    }
    if let control { start(key, control) { try body($0) } }
    return finished?.flatMap { value in
      guard let value = value as? Value else { return .failure(WorkError.otherKind(key: key)) }
      return .success(value)
    }
  }

  /// Asks the work of a key to end early.
  public func stop(_ key: String) {
    state.withLock { if $0.key == key { $0.control.stop() } }
  }

  /// Waits until nothing runs, at most so long.
  public func waitUntilIdle(seconds: Double) {
    let deadline = Date(timeIntervalSinceNow: seconds)
    idle.lock()
    defer { idle.unlock() }
    while current != nil, idle.wait(until: deadline) {}
  }

  private func start(
    _ key: String, _ control: WorkControl,
    _ body: @escaping @Sendable (WorkControl) throws -> any Sendable
  ) {
    let thread = Thread { [self] in
      // On Linux this is the niceness of the thread, which its own threads inherit.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
      let result = Result { try body(control) }
      state.withLock { state in
        if state.key == key { state.result = result }
      }
      idle.lock()
      idle.broadcast()
      idle.unlock()
      onEnd()
    }
    thread.stackSize = Self.stackBytes
    thread.name = "compute"
    thread.start()
  }
}

/// A mistake of ours in asking for work.
enum WorkError: ReportableError {
  /// The key was used for work of another kind.
  case otherKind(key: String)

  var kind: ErrorKind { .internalError }
  var what: String { "background work" }
  var why: String {
    switch self {
    case .otherKind(let key): "\(key) has a result of another kind"
    }
  }
  var advice: String? { "please report this" }
}
