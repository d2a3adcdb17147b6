import GenkiCore
import GenkiRPC
import Synchronization

/// One subscription. Events leave in the order in which they were sent, none is left out: a peer
/// that is too slow for them is told so and the subscription ends.
final class RPCSubscription: RPCHostedStream {
  private struct State {
    var isStarted = false
    var hasEnded = false
    /// Lines that wait for the start.
    var backlog: [[UInt8]] = []
    /// Bytes of events that the peer has not taken yet.
    var waitingBytes = 0
    var atEnd: [@Sendable () -> Void] = []
  }

  let id: Int
  private let method: String
  private let port: ConnectionPort
  private let bytesMaximum: Int
  private let state = Mutex(State())

  init(id: Int, method: String, port: ConnectionPort, bytesMaximum: Int) {
    self.id = id
    self.method = method
    self.port = port
    self.bytesMaximum = bytesMaximum
  }

  func send(_ event: JSONValue) -> Bool {
    let line = line(["subscription": JSONValue(id), "event": event])
    let isTooSlow: Bool? = state.withLock { state in
      if state.hasEnded { return nil }
      guard state.waitingBytes + line.count <= bytesMaximum else { return true }
      state.waitingBytes += line.count
      pass(line, &state)
      return false
    }
    if isTooSlow == true { finish(.tooSlow) }
    return isTooSlow == false
  }

  func finish(_ reason: RPCStreamEnd) {
    let line = line(["subscription": JSONValue(id), "end": .string(reason.rawValue)])
    end { state in
      state.waitingBytes += line.count
      pass(line, &state)
    }
  }

  func cancel() { end { $0.backlog = [] } }

  func onEnd(_ body: @escaping @Sendable () -> Void) {
    let hasEnded = state.withLock { state in
      if !state.hasEnded { state.atEnd.append(body) }
      return state.hasEnded
    }
    if hasEnded { body() }
  }

  func start() {
    state.withLock { state in
      state.isStarted = true
      for line in state.backlog { write(line) }
      state.backlog = []
    }
  }

  private func end(_ lastWord: (inout State) -> Void) {
    let bodies: [@Sendable () -> Void]? = state.withLock { state in
      guard !state.hasEnded else { return nil }
      state.hasEnded = true
      lastWord(&state)
      defer { state.atEnd = [] }
      return state.atEnd
    }
    guard let bodies else { return }
    port.forget(self)
    for body in bodies { body() }
  }

  /// Called under the lock, which keeps the order.
  private func pass(_ line: [UInt8], _ state: inout State) {
    if state.isStarted {
      write(line)
    } else {
      state.backlog.append(line)
    }
  }

  private func write(_ line: [UInt8]) {
    port.run { connection in
      connection.send(line) { self.state.withLock { $0.waitingBytes -= line.count } }
    }
  }

  private func line(_ parameters: JSONObject) -> [UInt8] {
    let notification: JSONValue = .object([
      "jsonrpc": "2.0", "method": .string(method), "params": .object(parameters),
    ])
    return Array(notification.encoded().utf8) + [UInt8(ascii: "\n")]
  }
}
