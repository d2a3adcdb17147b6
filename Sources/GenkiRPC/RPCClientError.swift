import GenkiCore
import Glibc

/// A daemon answered with an error.
public struct RPCCallError: ReportableError, Equatable {
  /// The method that was called.
  public var method: String
  /// The code on the wire.
  public var code: Int
  /// The stable name: `data.name`; empty if there is none.
  public var name: String
  /// The daemon's sentence.
  public var message: String
  /// The whole `data`.
  public var data: JSONValue

  /// An error from the wire.
  public init(method: String, json: JSONValue) {
    self.method = method
    code = json["code"]?.intValue ?? -32603
    message = json["message"]?.stringValue ?? "the answer is an error without a message"
    data = json["data"] ?? .null
    name = data["name"]?.stringValue ?? ""
  }

  /// The application's error, if it is one that we know.
  public var errorName: RPCErrorName? { RPCErrorName(rawValue: name) }

  /// The kind that belongs to the name, and with it the exit code.
  public var kind: ErrorKind {
    switch (errorName, code) {
    case (.invalidData, _): .invalidData
    case (.notPermitted, _): .notPermitted
    case (.busy, _), (.rateLimited, _), (.chainUnreachable, _), (.hubUnreachable, _),
      (.shuttingDown, _), (.tooMany, _):
      .temporary
    case (.noSpace, _): .inputOutput
    case (nil, -32602), (nil, -32601), (nil, -32600): .usage
    case (nil, -32700), (nil, -32603): .internalError
    default: .failed
    }
  }
  /// What failed, in the daemon's words if it said so.
  public var what: String { data["what"]?.stringValue ?? method }
  /// Why, in the daemon's words.
  public var why: String { data["why"]?.stringValue ?? message }
  /// What to do, if the daemon said so.
  public var advice: String? { data["advice"]?.stringValue }
}

/// A daemon did not answer at all.
public enum RPCClientError: ReportableError, Equatable {
  /// Nobody listens at the socket.
  case unreachable(path: String, code: Int32)
  /// We may not connect.
  case notPermitted(path: String)
  /// The path cannot be a socket's.
  case badPath(path: String)
  /// The daemon has closed the connection.
  case closed(path: String)
  /// No answer in time.
  case timedOut(path: String, method: String)
  /// The answer is no JSON-RPC or too long.
  case badAnswer(path: String, why: String)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .unreachable, .closed: .unavailable
    case .notPermitted: .notPermitted
    case .badPath: .usage
    case .timedOut: .temporary
    case .badAnswer: .internalError
    }
  }
  /// The socket or the call.
  public var what: String {
    switch self {
    case .unreachable(let path, _), .notPermitted(let path), .badPath(let path):
      "cannot connect to \(path)"
    case .closed(let path), .badAnswer(let path, _): path
    case .timedOut(let path, let method): "\(method) at \(path)"
    }
  }
  /// Why not.
  public var why: String {
    switch self {
    case .unreachable(_, let code):
      switch code {
      case ENOENT: "there is no such socket"
      case ECONNREFUSED: "no process listens there"
      case EAGAIN, ETIMEDOUT: "the daemon does not take the connection"
      default: String(cString: strerror(code))
      }
    case .notPermitted: "permission denied"
    case .badPath: "a socket's path has 1 to 107 bytes"
    case .closed: "the daemon has closed the connection"
    case .timedOut: "no answer in time"
    case .badAnswer(_, let why): "the answer is not what was expected: \(why)"
    }
  }
  /// What to do.
  public var advice: String? {
    switch self {
    case .unreachable(_, ENOENT), .unreachable(_, ECONNREFUSED):
      "start the daemon, or name its socket with --socket"
    case .unreachable: "look at the daemon's log"
    case .notPermitted:
      "join the group genki, or genki-read to look only, or run as the daemon's user"
    case .badPath: nil
    case .closed: "look at the daemon's log"
    case .timedOut: "try again, or wait longer with --timeout"
    case .badAnswer: "is it a daemon of this version?"
    }
  }
}
