import GenkiCore

/// A hub did not do what was asked.
public enum HubError: ReportableError, Equatable {
  /// The hub cannot be reached or does not answer; trying again may help.
  case unreachable(source: String, reason: String)
  /// There is no such repository, or it is private and another's: a hub does not tell which.
  case repositoryNotFound(repository: String)
  /// The repository has no such commit.
  case revisionNotFound(repository: String, revision: String)
  /// The commit has no such file.
  case entryNotFound(repository: String, name: String)
  /// The account may not change the repository.
  case notOwner(repository: String, account: String)
  /// A file or all files together are larger than allowed.
  case tooLarge(repository: String, name: String, bytes: Int, limit: Int)
  /// A file's content is not what the hub stated.
  case contentDiffers(repository: String, name: String)
  /// A name, a list or a record cannot be accepted.
  case invalid(repository: String, reason: String)
  /// The disk is full, or the cache's quota is taken.
  case noSpace(path: String, needed: Int)
  /// The account's token is missing, unknown or lacks the right; `reason` never holds it.
  case notAllowed(repository: String, reason: String)
  /// Somebody ended it; it goes on when it is asked for again.
  case cancelled(repository: String)
  /// A file on this machine, outside the hub, cannot be read or written; the hub is not to blame.
  case localFile(FileError)

  /// Whether trying again later may work.
  public var isTransient: Bool {
    switch self {
    case .unreachable, .noSpace, .cancelled, .localFile(.cannotRead), .localFile(.cannotCreate),
      .localFile(.cannotWrite):
      true
    default: false
    }
  }

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .unreachable, .cancelled: .temporary
    case .noSpace: .inputOutput
    case .notOwner, .notAllowed: .notPermitted
    case .localFile(let error): error.kind
    case .repositoryNotFound, .revisionNotFound, .entryNotFound, .tooLarge, .contentDiffers,
      .invalid:
      .invalidData
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .unreachable(let source, _): "hub \(source) cannot be reached"
    case .repositoryNotFound(let repository), .revisionNotFound(let repository, _),
      .entryNotFound(let repository, _), .tooLarge(let repository, _, _, _),
      .contentDiffers(let repository, _), .invalid(let repository, _):
      "repository \(repository.quoted()) cannot be used"
    case .notAllowed(let repository, _):
      // An account has no slash.
      "\(repository.contains("/") ? "repository" : "account") \(repository.quoted()) cannot be used"
    case .notOwner(let repository, _): "repository \(repository.quoted()) cannot be changed"
    case .cancelled(let repository): "a transfer of repository \(repository.quoted())"
    case .noSpace(let path, _): "\(path) cannot be written"
    case .localFile(let error): error.what
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .unreachable(_, let reason), .invalid(_, let reason), .notAllowed(_, let reason): reason
    case .cancelled: "it was ended early"
    case .repositoryNotFound: "it does not exist or is private"
    case .revisionNotFound(_, let revision): "it has no revision \(revision.quoted())"
    case .entryNotFound(_, let name): "it has no file \(name.quoted())"
    case .tooLarge(_, let name, let bytes, let limit):
      "\(name.quoted()) has \(bytes) bytes, more than the limit of \(limit)"
    case .contentDiffers(_, let name): "the content of \(name.quoted()) is not what it states"
    case .notOwner(_, let account): "it does not belong to \(account.quoted())"
    case .localFile(let error): error.why
    case .noSpace(_, let needed): "\(needed) bytes are needed and the disk or the quota has less"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .unreachable: "it is tried again by itself"
    case .cancelled: "it goes on where it was"
    case .notAllowed: "look at the token and what it may do: genki-minerd check"
    case .noSpace: "free some space, or raise cache_bytes_max of [hub]"
    case .localFile(let error): error.advice
    default: nil
    }
  }
}
