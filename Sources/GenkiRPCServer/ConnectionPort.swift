import GenkiCore
import GenkiRPC
import NIOCore
import Synchronization

/// The side of a connection that any thread may use: it hands work to the event loop and keeps the
/// subscriptions.
final class ConnectionPort: RPCStreamHost {
  private struct Streams {
    var byID: [Int: RPCSubscription] = [:]
    var lastID = 0
    var isClosed = false
  }

  private let channel: any Channel
  private let shared: ServerShared
  private let connection: NIOLoopBoundBox<RPCConnection?>
  private let streams = Mutex(Streams())
  /// The connection has ended: the event loop may be gone too.
  private let isDetached = Mutex(false)

  init(channel: any Channel, shared: ServerShared) {
    self.channel = channel
    self.shared = shared
    connection = NIOLoopBoundBox.makeEmptyBox(
      valueType: RPCConnection.self, eventLoop: channel.eventLoop)
  }

  /// Runs on the event loop, after what was handed to it before; nothing once the peer is gone.
  func run(_ body: @escaping @Sendable (RPCConnection) -> Void) {
    isDetached.withLock { isDetached in
      guard !isDetached else { return }
      channel.eventLoop.execute {
        if let connection = self.connection.value { body(connection) }
      }
    }
  }

  /// On the event loop: the connection begins.
  func attach(_ connection: RPCConnection) { self.connection.value = connection }

  /// On the event loop: the connection has ended.
  func detach() {
    isDetached.withLock { $0 = true }
    connection.value = nil
  }

  /// Closes the connection whatever its state is.
  func close() { channel.close(promise: nil) }

  var hasStreams: Bool { streams.withLock { !$0.byID.isEmpty } }

  func openStream(method: String) throws -> any RPCHostedStream {
    let maximum = shared.limits.subscriptions
    return try streams.withLock { streams in
      guard !streams.isClosed, streams.byID.count < maximum else {
        throw RPCFailure(
          name: .tooMany, message: "more than \(maximum) subscriptions of one connection")
      }
      streams.lastID += 1
      let stream = RPCSubscription(
        id: streams.lastID, method: method, port: self,
        bytesMaximum: shared.limits.subscriptionBytes)
      streams.byID[stream.id] = stream
      return stream
    }
  }

  func closeStream(_ id: Int) -> Bool {
    guard let stream = streams.withLock({ $0.byID[id] }) else { return false }
    stream.cancel()
    return true
  }

  func forget(_ stream: RPCSubscription) {
    streams.withLock { $0.byID[stream.id] = nil }
    run { $0.advance() }
  }

  /// Ends all subscriptions with a last word.
  func finishStreams(_ reason: RPCStreamEnd) {
    for stream in streams.withLock({ Array($0.byID.values) }) { stream.finish(reason) }
  }

  /// Ends all subscriptions: the peer is gone.
  func dropStreams() {
    let all = streams.withLock { streams in
      streams.isClosed = true
      return Array(streams.byID.values)
    }
    for stream in all { stream.cancel() }
  }
}
