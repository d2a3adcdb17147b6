/// Ends requests early, from any thread. One may serve many requests; once cancelled it stays so.
public final class HTTPCancellation: Sendable {
  private struct State: Sendable {
    var isCancelled = false
    var nextID = 0
    var handlers: [Int: @Sendable () -> Void] = [:]
  }

  private let state = Guarded(State())

  /// Nothing is cancelled.
  public init() {}

  /// Whether ``cancel()`` was called.
  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Ends all requests that have it, running and coming ones.
  public func cancel() {
    let handlers = state.withLock { state in
      state.isCancelled = true
      defer { state.handlers = [:] }
      return Array(state.handlers.values)
    }
    for handler in handlers { handler() }
  }

  /// Calls a handler on cancellation, at once if that was before; it must not wait.
  package func register(_ handler: @escaping @Sendable () -> Void) -> Int? {
    let id: Int? = state.withLock { state in
      guard !state.isCancelled else { return nil }
      state.nextID += 1
      state.handlers[state.nextID] = handler
      return state.nextID
    }
    if id == nil { handler() }
    return id
  }

  /// Forgets a handler.
  package func remove(_ id: Int?) {
    guard let id else { return }
    state.withLock { state in _ = state.handlers.removeValue(forKey: id) }
  }
}
