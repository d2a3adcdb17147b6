import GenkiCore

/// Why metadata cannot be used, or what it lacks.
public enum MetadataError: ReportableError, Equatable {
  /// The bytes do not begin with `meta`.
  case notMetadata
  /// A version that this program does not read.
  case version(UInt8)
  /// A name that is not there, as `call Commitments.set_commitment`.
  case missing(String)
  /// What one part says does not fit another.
  case inconsistent(what: String, reason: String)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .notMetadata, .version: "metadata"
    case .missing(let name): name.quotedIfUnsafe
    case .inconsistent(let what, _): what.quotedIfUnsafe
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .notMetadata: "it does not begin with 'meta'"
    case .version(let version): "version \(version) is unknown; 14, 15 and 16 are read"
    case .missing: "the runtime does not have it"
    case .inconsistent(_, let reason): reason.quotedIfUnsafe
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .version: "ask the node for version 15"
    case .missing: "the runtime may be newer than this program; look for an update"
    default: nil
    }
  }
}
