import GenkiCore
import GenkiRPC
import Synchronization

/// Brings the events of a bus to a subscriber of the socket.
public enum EventStream {
  /// Begins to send what `select` makes of the events; nil leaves an event out.
  ///
  /// - Parameter since: The last event that the subscriber knows; nil sends new ones only.
  public static func attach(
    _ call: RPCCall, to bus: EventBus, since: UInt64? = nil,
    select: @escaping @Sendable (BusEvent) -> JSONValue?
  ) throws {
    guard let stream = call.stream else {
      throw RPCFailure(name: .failed, message: "this connection takes no stream")
    }
    let subscription = bus.subscribe(since: since) { delivery in
      switch delivery {
      case .event(let event):
        guard let json = select(event) else { return true }
        return stream.send(json)
      // The gap is told by the numbers of the events that do come.
      case .lost: return true
      }
    }
    stream.onEnd { subscription.cancel() }
  }
}
