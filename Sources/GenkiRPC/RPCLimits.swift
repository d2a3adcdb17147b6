/// How much a server takes from its peers and keeps for them.
public struct RPCLimits: Sendable, Equatable {
  /// Bytes of a request's line.
  public var requestBytes = 1 << 20
  /// Arrays and objects inside one another in a request.
  public var requestDepth = 32
  /// Values of any kind in a request, a bound on the memory that they take.
  public var requestValues = 50_000
  /// Requests in a batch.
  public var batchEntries = 100
  /// Bytes of an answer; a batch's later entries are refused beyond it.
  public var answerBytes = 8 << 20
  /// Connections to each socket.
  public var connections = 64
  /// Requests of one connection that are carried out at the same time; others wait unread.
  public var requestsInFlight = 4
  /// Bytes that wait for one peer to read them; beyond it no further request of it is begun.
  public var outgoingBytes = 1 << 20
  /// Bytes that wait for all peers; a peer whose answer would exceed it is cut off.
  public var serverOutgoingBytes = 128 << 20
  /// Subscriptions of one connection.
  public var subscriptions = 16
  /// Bytes of events that wait for one subscriber; beyond it the subscription ends.
  public var subscriptionBytes = 1 << 20
  /// How long a peer may leave bytes waiting without reading any before it is cut off.
  public var stallSeconds = 20.0
  /// How long a request's line may stay incomplete.
  public var lineSeconds = 30.0
  /// How long a connection without subscription may say nothing.
  public var idleSeconds = 3600.0
  /// How long a stop waits for answers in flight.
  public var stopSeconds = 10.0
  /// Threads that carry out requests.
  public var threads = 8

  /// The limits of the daemons.
  public init() {}
}
