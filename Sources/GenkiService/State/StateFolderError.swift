import GenkiCore
import Glibc

/// The state folder cannot be used.
public enum StateFolderError: ReportableError, Equatable {
  /// Another daemon works in it.
  case inUse(path: String, pid: Int32?)
  /// It is not ours.
  case notOurs(path: String, owner: UInt32)
  /// The system refused something.
  case system(path: String, code: Int32)

  /// Temporary for a folder in use.
  public var kind: ErrorKind {
    switch self {
    case .inUse: .temporary
    case .notOurs: .notPermitted
    case .system(_, let code):
      code == EACCES || code == EPERM ? .notPermitted : .cannotCreate
    }
  }

  /// The folder.
  public var what: String {
    switch self {
    case .inUse(let path, _), .notOurs(let path, _), .system(let path, _):
      "cannot use the state folder \(path)"
    }
  }

  /// Who has it, or the system's words.
  public var why: String {
    switch self {
    case .inUse(_, let pid):
      pid.map { "the daemon with process id \($0) works in it" } ?? "another daemon works in it"
    case .notOurs(_, let owner): "it belongs to the user with id \(owner)"
    case .system(_, let code): String(cString: strerror(code))
    }
  }

  /// How to get on.
  public var advice: String? {
    switch self {
    case .inUse: "stop that daemon first, or set another state_dir in [daemon]"
    case .notOurs: "run as that user, or set another state_dir in [daemon]"
    case .system: "set another state_dir in [daemon]"
    }
  }
}
