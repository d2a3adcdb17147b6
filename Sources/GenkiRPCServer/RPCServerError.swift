import GenkiCore
import Glibc

/// The server cannot listen.
public enum RPCServerError: ReportableError, Equatable {
  /// Somebody answers at the socket.
  case inUse(path: String)
  /// A file that is no socket lies at the path.
  case notASocket(path: String)
  /// The system has no room for so long a path.
  case pathTooLong(path: String, limit: Int)
  /// The system refused.
  case refused(path: String, operation: String, code: Int32)
  /// The event loop refused.
  case system(path: String, operation: String, reason: String)
  /// `start` was called twice.
  case alreadyStarted(path: String)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .inUse: .failed
    case .notASocket, .pathTooLong: .configuration
    case .refused(_, _, let code): code == EACCES || code == EPERM ? .notPermitted : .cannotCreate
    case .system: .cannotCreate
    case .alreadyStarted: .internalError
    }
  }
  /// The socket.
  public var what: String {
    switch self {
    case .inUse(let path), .notASocket(let path), .pathTooLong(let path, _),
      .refused(let path, _, _), .system(let path, _, _), .alreadyStarted(let path):
      "cannot listen on \(path)"
    }
  }
  /// Why not.
  public var why: String {
    switch self {
    case .inUse: "another process answers there"
    case .notASocket: "a file that is no socket lies there"
    case .pathTooLong(_, let limit): "the path is longer than \(limit) bytes"
    case .refused(_, let operation, let code): "\(operation): \(String(cString: strerror(code)))"
    case .system(_, let operation, let reason): "\(operation): \(reason)"
    case .alreadyStarted: "the server was started before"
    }
  }
  /// What to do.
  public var advice: String? {
    switch self {
    case .inUse: "stop the other daemon, or set daemon.socket to another path"
    case .notASocket: "move it away, or set daemon.socket to another path"
    case .pathTooLong: "set daemon.socket to a shorter path"
    case .refused(_, _, let code) where code == EACCES: "look at the folder's owner and mode"
    default: nil
    }
  }
}
