import GenkiCore
import Glibc

extension HubError {
  /// What a failed access to a file of this machine, outside the hub, means.
  static func local(_ error: FileError, needed: Int) -> HubError {
    error.isDiskFull ? .noSpace(path: error.path, needed: needed) : .localFile(error)
  }

  /// What a failed access to a directory hub's own file means for a repository: trouble with the disk
  /// passes, a file that cannot be a hub's does not.
  static func stored(_ error: FileError, repository: RepositoryID, needed: Int) -> HubError {
    if error.isDiskFull { return .noSpace(path: error.path, needed: needed) }
    switch error {
    case .missing, .cannotRead, .cannotCreate, .cannotWrite:
      return .unreachable(source: error.path, reason: error.why)
    case .notARegularFile, .tooLarge, .truncated, .notUTF8, .largeFilePointer:
      return .invalid(
        repository: repository.description, reason: "\(error.what): \(error.why)")
    }
  }
}

extension FileError {
  /// Whether the disk, or the user's share of it, is full.
  var isDiskFull: Bool {
    switch self {
    case .cannotCreate(_, let code), .cannotWrite(_, let code): code == ENOSPC || code == EDQUOT
    default: false
    }
  }

  /// The file that could not be used.
  var path: String {
    switch self {
    case .missing(let path), .cannotRead(let path, _), .cannotCreate(let path, _),
      .cannotWrite(let path, _), .notARegularFile(let path), .tooLarge(let path, _, _),
      .truncated(let path, _, _), .notUTF8(let path), .largeFilePointer(let path):
      path
    }
  }
}
