import GenkiCore

/// The connection's part in streams: it numbers subscriptions and carries their events.
public protocol RPCStreamHost: Sendable {
  /// Opens a subscription whose events wait until it is started.
  ///
  /// - Throws: ``RPCFailure`` `too_many` if the connection has as many as it may have.
  func openStream(method: String) throws -> any RPCHostedStream
  /// Ends a subscription because the peer asked for it; false if there is no such one.
  func closeStream(_ id: Int) -> Bool
}

/// A subscription as its connection holds it.
public protocol RPCHostedStream: RPCStream {
  /// Its number within the connection.
  var id: Int { get }
  /// Lets events go out: the answer that names the subscription is on its way.
  func start()
  /// Ends it without a word: the call that opened it failed.
  func cancel()
}
