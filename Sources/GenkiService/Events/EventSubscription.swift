@preconcurrency import Dispatch
import Synchronization

/// One subscriber of an ``EventBus``: a bounded queue and what empties it.
public final class EventSubscription: Sendable {
  private struct State {
    var pending: BoundedQueue<BusEvent>
    var lost: UInt64 = 0
    var isDraining = false
    var isCancelled = false
  }

  private let state: Mutex<State>
  private let topics: Set<String>?
  private let queue = DispatchQueue(label: "genki.events")
  private let deliver: @Sendable (BusDelivery) -> Bool
  private let onEnd: @Sendable (ObjectIdentifier) -> Void

  init(
    topics: Set<String>?, pendingMaximum: Int, deliver: @escaping @Sendable (BusDelivery) -> Bool,
    onEnd: @escaping @Sendable (ObjectIdentifier) -> Void
  ) {
    state = Mutex(State(pending: BoundedQueue(maximum: pendingMaximum)))
    self.topics = topics
    self.deliver = deliver
    self.onEnd = onEnd
  }

  /// Ends the subscription: after a delivery that may be under way none follows. Safe to repeat.
  public func cancel() {
    let isFirst = state.withLock { state in
      defer { state.isCancelled = true }
      return !state.isCancelled
    }
    if isFirst { onEnd(ObjectIdentifier(self)) }
  }

  /// Whether it has ended.
  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func offer(_ event: BusEvent) { begin([event], lost: 0) }

  /// Queues events; the gap before them is told first.
  func begin(_ events: [BusEvent], lost: UInt64) {
    let mustStart = state.withLock { state -> Bool in
      guard !state.isCancelled else { return false }
      state.lost += lost
      for event in events where topics?.contains(event.topic) ?? true {
        if state.pending.append(event) { state.lost += 1 }
      }
      guard !state.isDraining, state.lost > 0 || !state.pending.isEmpty else { return false }
      state.isDraining = true
      return true
    }
    if mustStart { queue.async { self.drain() } }
  }

  private func drain() {
    while let next = takeNext() {
      if !deliver(next) { return cancel() }
    }
  }

  private func takeNext() -> BusDelivery? {
    state.withLock { state in
      if state.isCancelled { return nil }
      if state.lost > 0 {
        defer { state.lost = 0 }
        return .lost(state.lost)
      }
      if let event = state.pending.popFirst() { return .event(event) }
      state.isDraining = false
      return nil
    }
  }
}
