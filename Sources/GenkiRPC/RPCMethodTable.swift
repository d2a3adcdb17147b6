import GenkiCore
import Glibc

/// All methods of a daemon, and the way from a request's text to its answer.
///
/// The table adds `help`, `rpc.discover` and `rpc.unsubscribe` to the endpoints it is given. It does
/// no input or output and keeps no state; any thread may call.
public struct RPCMethodTable: Sendable {
  /// What the daemon is called in the OpenRPC document.
  public let title: String
  /// The daemon's version.
  public let version: String
  /// All methods sorted by name, the table's own included.
  public let methods: [RPCMethod]
  /// What is taken and given.
  public var limits: RPCLimits
  /// Whether results are checked against their schema before they go out; a misfit is answered with
  /// −32603 and logged. On in debug builds and with `GENKI_RPC_VALIDATE=1`, off with 0.
  public var validatesResults: Bool
  /// Called with every result, and with every event of a stream, before it goes out.
  public var onAnswer: (@Sendable (RPCMethod, JSONValue) -> Void)?
  /// Where calls and mistakes of ours are noted.
  public var log: RPCLog

  let entries: [String: Entry]

  /// What a name leads to.
  struct Entry: Sendable {
    let method: RPCMethod
    let handle: @Sendable (RPCCall, RPCCaller) throws -> JSONValue
  }

  /// A table of these endpoints; no two may have the same name.
  public init(
    _ endpoints: [RPCEndpoint], title: String, version: String, limits: RPCLimits = RPCLimits(),
    log: @escaping RPCLog = { _ in }
  ) {
    self.title = title
    self.version = version
    self.limits = limits
    self.log = log
    validatesResults = Self.defaultOfValidation
    var entries: [String: Entry] = [:]
    for endpoint in endpoints + [Self.declaredHelp, Self.declaredDiscovery] {
      precondition(
        entries[endpoint.method.name] == nil, "two endpoints are called \(endpoint.method.name)")
      entries[endpoint.method.name] = Entry(method: endpoint.method) { call, _ in
        try endpoint.handle(call)
      }
    }
    entries[Self.unsubscription.name] = Entry(method: Self.unsubscription) { call, caller in
      let id = call["subscription"]?.intValue ?? 0
      guard caller.host?.closeStream(id) == true else {
        throw RPCFailure(name: .notFound, message: "there is no subscription \(id)")
      }
      return .object(["unsubscribed": .bool(true)])
    }
    methods = entries.values.map(\.method).sorted { $0.name < $1.name }
    // These two speak of all methods, themselves included.
    let document = OpenRPCDocument(title: title, version: version, methods: methods).json
    entries[Self.discovery.name] = Entry(method: Self.discovery) { _, _ in document }
    let help = HelpText(title: title, version: version, methods: methods)
    entries[Self.help.name] = Entry(method: Self.help) { call, _ in
      try help.answer(method: call["method"]?.stringValue)
    }
    self.entries = entries
  }

  /// A method by its name.
  public func method(_ name: String) -> RPCMethod? { entries[name]?.method }

  private static var defaultOfValidation: Bool {
    if let value = getenv("GENKI_RPC_VALIDATE") { return String(cString: value) == "1" }
    #if DEBUG
      return true
    #else
      return false
    #endif
  }
}

/// Who calls, by which socket, and what the connection can do.
public struct RPCCaller: Sendable {
  /// Who calls.
  public var peer: RPCPeer
  /// What the socket allows: `.write` allows everything.
  public var access: RPCMethod.Access
  /// Carries streams; nil where there are none.
  public var host: (any RPCStreamHost)?
  /// The daemon is about to end: every call is answered with `shutting_down`.
  public var isStopping: Bool

  /// A caller.
  public init(
    peer: RPCPeer, access: RPCMethod.Access, host: (any RPCStreamHost)? = nil,
    isStopping: Bool = false
  ) {
    self.peer = peer
    self.access = access
    self.host = host
    self.isStopping = isStopping
  }
}

/// What goes back to the peer.
public struct RPCAnswer: Sendable {
  /// One JSON text without a line end; nil if the request was a notification.
  public var text: [UInt8]?
  /// Subscriptions to start once the text is on its way.
  public var streams: [any RPCHostedStream]
}
