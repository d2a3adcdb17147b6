import GenkiCore
import GenkiRPC

/// A daemon, and the sockets at which it may be found.
struct DaemonAddress {
  /// Nil if only its socket was named.
  let kind: DaemonKind?
  /// Tried in this order; at least one.
  let paths: [String]

  /// Connects to the first socket that lets us.
  func connect(timeoutSeconds: Double) throws -> RPCClient {
    var refusal: RPCClientError?
    var failure: RPCClientError?
    for path in paths {
      do {
        return try RPCClient(socketPath: path, timeoutSeconds: timeoutSeconds)
      } catch let error as RPCClientError {
        if error.kind == .notPermitted { refusal = refusal ?? error }
        failure = failure ?? error
      }
    }
    if let refusal { throw refusal }
    if let kind { throw DaemonNotFound(daemons: [kind], paths: paths) }
    throw failure ?? .badPath(path: "")
  }
}

/// No daemon listens at any of its usual places.
struct DaemonNotFound: ReportableError {
  /// Which were looked for.
  let daemons: [DaemonKind]
  /// Where.
  let paths: [String]

  var kind: ErrorKind { .unavailable }
  var what: String {
    "cannot reach " + daemons.map { "the \($0.rawValue)" }.joined(separator: " or ")
  }
  var why: String {
    // The readers' sockets lie beside the operators'.
    let operators = paths.filter { !$0.hasSuffix("-read.sock") }
    return "no process listens at \(operators.joined(separator: ", "))"
  }
  var advice: String? {
    let programs = daemons.map { "genki-\($0.rawValue)d" }.joined(separator: " or ")
    return "start \(programs), or name its socket with --socket"
  }
}
