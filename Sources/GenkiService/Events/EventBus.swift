import GenkiCore
import Synchronization

/// One thing that happened.
public struct BusEvent: Sendable, Equatable {
  /// Counts from 1 in each process.
  public let sequence: UInt64
  /// What it is about: `job`, `round`, `log`.
  public let topic: String
  /// Seconds since 1970.
  public let time: Double
  /// What happened; its members are the publisher's.
  public let body: JSONObject

  package init(sequence: UInt64, topic: String, time: Double, body: JSONObject) {
    self.sequence = sequence
    self.topic = topic
    self.time = time
    self.body = body
  }

  /// The event as a subscriber's JSON: `sequence`, `time`, `topic`, then the body's members.
  public var json: JSONValue {
    let head: [JSONObject.Entry] = [
      (key: "sequence", value: sequence.settingValue), (key: "time", value: .number(time)),
      (key: "topic", value: .string(topic)),
    ]
    return .object(JSONObject(entries: head + body.entries))
  }
}

/// What a subscriber hears.
public enum BusDelivery: Sendable, Equatable {
  /// The next event.
  case event(BusEvent)
  /// This many events were dropped: they are older than the history, or the subscriber is too slow.
  case lost(UInt64)

  /// The JSON for a subscriber; `{"topic":"lost","count":…}` tells of a gap.
  public var json: JSONValue {
    switch self {
    case .event(let event): event.json
    case .lost(let count): .object(["topic": "lost", "count": count.settingValue])
    }
  }
}

/// Takes events from any thread and hands them to subscribers, each on a queue of its own: who
/// publishes never waits. The last events are kept for those who come late.
public final class EventBus: Sendable {
  private struct State {
    var last: UInt64 = 0
    var history: BoundedQueue<BusEvent>
    var subscriptions: [ObjectIdentifier: EventSubscription] = [:]
  }

  private let state: Mutex<State>
  private let pendingMaximum: Int

  /// A bus without events.
  ///
  /// - Parameters:
  ///   - historyMaximum: Events that are kept.
  ///   - pendingMaximum: Events that wait for one subscriber; of more the oldest are dropped.
  public init(historyMaximum: Int = 1000, pendingMaximum: Int = 1000) {
    state = Mutex(State(history: BoundedQueue(maximum: historyMaximum)))
    self.pendingMaximum = pendingMaximum
  }

  /// The sequence number of the last event; 0 before the first.
  public var lastSequence: UInt64 { state.withLock { $0.last } }

  /// How many subscriptions there are.
  public var subscriptionCount: Int { state.withLock { $0.subscriptions.count } }

  /// Tells all subscribers of an event.
  ///
  /// - Returns: Its sequence number.
  @discardableResult
  public func publish(_ topic: String, _ body: JSONObject) -> UInt64 {
    let time = WallClock.seconds()
    // Events are offered under the lock, so that all hear them in order; an offer never waits.
    return state.withLock { state in
      state.last += 1
      let event = BusEvent(sequence: state.last, topic: topic, time: time, body: body)
      state.history.append(event)
      for subscription in state.subscriptions.values { subscription.offer(event) }
      return state.last
    }
  }

  /// The kept events after a sequence number, oldest first.
  public func history(since sequence: UInt64 = 0, topics: Set<String>? = nil) -> [BusEvent] {
    state.withLock { state in
      state.history.elements.filter {
        $0.sequence > sequence && topics?.contains($0.topic) ?? true
      }
    }
  }

  /// Begins to deliver events.
  ///
  /// - Parameters:
  ///   - sequence: The last event that the subscriber knows; the kept ones after it come first. Nil
  ///     delivers new ones only. A number of a former process, greater than the last, delivers all.
  ///   - topics: Only these; nil is all.
  ///   - deliver: Is called for one delivery after the other, never for two at once, on a queue of
  ///     this subscription; it may block. False ends the subscription.
  /// - Returns: The subscription; it lives until it is cancelled.
  public func subscribe(
    since sequence: UInt64? = nil, topics: Set<String>? = nil,
    deliver: @escaping @Sendable (BusDelivery) -> Bool
  ) -> EventSubscription {
    let subscription = EventSubscription(
      topics: topics, pendingMaximum: pendingMaximum, deliver: deliver,
      onEnd: { [weak self] identifier in
        self?.state.withLock { $0.subscriptions[identifier] = nil }
      })
    state.withLock { state in
      state.subscriptions[ObjectIdentifier(subscription)] = subscription
      guard let sequence else { return }
      let since = sequence > state.last ? 0 : sequence
      let kept = state.history.elements
      let oldest = kept.first?.sequence ?? state.last + 1
      subscription.begin(
        kept.filter { $0.sequence > since }, lost: oldest > since + 1 ? oldest - since - 1 : 0)
    }
    return subscription
  }
}
