import GenkiCore

/// A method as callers see it: one declaration from which dispatch, checks, help and the OpenRPC
/// document are made.
public struct RPCMethod: Sendable {
  /// What a caller needs the right to.
  public enum Access: String, Sendable {
    /// Looking: offered on both sockets.
    case read
    /// Changing: offered on the operators' socket only.
    case write
  }

  /// `group.verb`.
  public var name: String
  /// One sentence without a full stop at the end.
  public var summary: String
  /// What a caller should know beyond the summary; may be empty.
  public var details: String
  /// What a caller needs the right to.
  public var access: Access
  /// Named parameters; by position they come in this order. Others are refused.
  public var parameters: [RPCParameter]
  /// What a successful answer looks like; a stream's first answer is its subscription instead.
  public var result: JSONSchema
  /// The application's errors that it may answer with, besides those of every method.
  public var errors: [RPCErrorName]
  /// The answer is `{"subscription":ID}`, and notifications of the method `NAME` follow, whose
  /// `params` are `{"subscription":ID,"event":…}`; `result` describes the event.
  public var isStream: Bool
  /// Parameters of an example call.
  public var example: JSONObject

  /// A method; see the properties.
  public init(
    _ name: String, summary: String, details: String = "", access: Access,
    parameters: [RPCParameter] = [], result: JSONSchema, errors: [RPCErrorName] = [],
    isStream: Bool = false, example: JSONObject = [:]
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.access = access
    self.parameters = parameters
    self.result = result
    self.errors = errors
    self.isStream = isStream
    self.example = example
  }
}

/// A named parameter of a method.
public struct RPCParameter: Sendable {
  /// Its name.
  public var name: String
  /// What it may be.
  public var schema: JSONSchema
  /// Whether a call must have it.
  public var isRequired: Bool
  /// One sentence.
  public var summary: String

  /// A parameter; see the properties.
  public init(_ name: String, _ schema: JSONSchema, isRequired: Bool = false, summary: String) {
    self.name = name
    self.schema = schema
    self.isRequired = isRequired
    self.summary = summary
  }
}

/// A method and what carries it out.
public struct RPCEndpoint: Sendable {
  /// The declaration.
  public var method: RPCMethod
  /// Carries out a call whose parameters fit the declaration. Runs on a thread that may block.
  public var handle: @Sendable (RPCCall) throws -> JSONValue

  /// An endpoint.
  public init(_ method: RPCMethod, handle: @escaping @Sendable (RPCCall) throws -> JSONValue) {
    self.method = method
    self.handle = handle
  }
}

/// One checked call.
public struct RPCCall: Sendable {
  /// By name, whatever form the request had.
  public var parameters: JSONObject
  /// Who calls.
  public var peer: RPCPeer
  /// Where a stream's events go; nil for a method that is no stream.
  public var stream: (any RPCStream)?

  /// A call.
  public init(parameters: JSONObject, peer: RPCPeer, stream: (any RPCStream)? = nil) {
    self.parameters = parameters
    self.peer = peer
    self.stream = stream
  }

  /// A parameter; nil if it is absent or null.
  public subscript(name: String) -> JSONValue? {
    let value = parameters[name]
    return value?.isNull == true ? nil : value
  }
}

/// Who is at the other end of the socket, as the kernel says.
public struct RPCPeer: Sendable, Hashable {
  /// Process id.
  public var process: Int32
  /// User id.
  public var user: UInt32
  /// Group id.
  public var group: UInt32

  /// A peer.
  public init(process: Int32, user: UInt32, group: UInt32) {
    self.process = process
    self.user = user
    self.group = group
  }
}

/// The events of one subscription on their way to the peer.
public protocol RPCStream: Sendable {
  /// Queues an event; false once the peer has unsubscribed, hung up or does not read: then the
  /// source lets go of it.
  @discardableResult func send(_ event: JSONValue) -> Bool
  /// Ends the subscription from the source's side, after the events sent so far: the last
  /// notification's `params` are `{"subscription":ID,"end":REASON}`. Nothing if it has ended.
  func finish(_ reason: RPCStreamEnd)
  /// Called once when the subscription ends, at once if it has ended.
  func onEnd(_ body: @escaping @Sendable () -> Void)
}

/// Why a subscription ended without the peer asking for it.
public enum RPCStreamEnd: String, Sendable, CaseIterable {
  /// There is nothing more to tell.
  case finished
  /// The peer did not read fast enough; it has missed events and should look at the whole again.
  case tooSlow = "too_slow"
  /// The daemon ends.
  case shuttingDown = "shutting_down"
}
