import GenkiCore

/// A daemon's state cannot be used.
public enum StoreError: ReportableError, Equatable {
  /// A newer version of the program has written it.
  case newer(path: String)
  /// It belongs to the other daemon.
  case otherRole(path: String, found: String, expected: String)
  /// SQLite refuses it.
  case damaged(path: String, reason: String)
  /// The disk is full or broken.
  case cannotWrite(path: String, reason: String)
  /// An idempotency key was used for another call.
  case keyReused(key: String, method: String)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .newer, .otherRole: .configuration
    case .damaged: .invalidData
    case .cannotWrite: .inputOutput
    case .keyReused: .usage
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .newer(let path), .otherRole(let path, _, _), .damaged(let path, _):
      "state \(path) cannot be used"
    case .cannotWrite(let path, _): "state \(path) cannot be written"
    case .keyReused(let key, _): "idempotency key \(key.quoted())"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .newer: "a newer version of this program has written it"
    case .otherRole(_, let found, let expected): "it belongs to a \(found), this is a \(expected)"
    case .damaged(_, let reason), .cannotWrite(_, let reason): reason
    case .keyReused(_, let method): "it was used for another call of \(method)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .newer: "install the newer version, or name another daemon.state_dir"
    case .otherRole: "give each daemon a daemon.state_dir of its own"
    case .damaged: "restore a backup, or move the file away to begin anew"
    case .cannotWrite: "free some space; nothing was lost"
    case .keyReused: "take a new key for each piece of work"
    }
  }
}
