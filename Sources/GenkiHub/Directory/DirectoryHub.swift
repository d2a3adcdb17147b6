import GenkiCore
import Glibc

/// A hub in a folder that several processes and users of this machine share.
///
/// Contents lie once under their SHA-256 (`blobs`), a repository's commits as records of names, sizes
/// and hashes (`repositories/NAMESPACE/NAME/commits`), its newest one in `head`. Everything appears by
/// write, sync and rename in this order, so a process killed at any instruction leaves the old head or
/// the new one, and calls may be repeated. Commits are never changed or removed.
///
/// A private repository is readable through instances whose account is its namespace. This keeps
/// honest programs apart; users who can read the folder can read its files.
public struct DirectoryHub: Hub {
  static let repositoriesName = "repositories"
  static let commitsName = "commits"
  static let headName = "head"
  static let visibilityName = "visibility"
  private static let smallFileBytes = 256

  /// The hub's folder.
  public let path: String
  /// The name under which repositories are made.
  public let account: String
  let blobs: BlobStore
  let hook: HubStep.Hook

  /// A hub in this folder, which is made if there is none; the folder that holds it must be there.
  ///
  /// Throws `HubError` if the account is no namespace or the folder cannot be made.
  public init(path: String, account: String) throws {
    try self.init(path: path, account: account, availableBytes: { DiskSpace.available(at: $0) })
  }

  /// A hub whose disk and steps a test decides about.
  package init(
    path: String, account: String, availableBytes: @escaping @Sendable (String) -> Int?,
    hook: @escaping HubStep.Hook = { _ in }
  ) throws {
    guard RepositoryID.isName(account), RepositoryID(namespace: account, name: "a") != nil else {
      throw HubError.invalid(repository: account, reason: "this account cannot be a namespace")
    }
    self.path = path
    self.account = account
    self.hook = hook
    blobs = BlobStore(hubPath: path, availableBytes: availableBytes, hook: hook)
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw HubError.unreachable(source: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Makes a repository of this account, or leaves the one that is there as it is.
  public func createRepository(
    _ repository: RepositoryID, visibility: RepositoryVisibility
  ) throws {
    try requireOwn(repository)
    try inHub(repository) {
      let folder = try HubFolder.root(path).makeFolder(Self.repositoriesName)
        .makeFolder(repository.namespace).makeFolder(repository.name)
      _ = try folder.makeFolder(Self.commitsName)
      try folder.locked {
        guard try self.visibility(in: folder, of: repository) == nil else { return }
        try folder.write(visibility.rawValue + "\n", to: Self.visibilityName)
      }
    }
  }

  /// Shows a repository of this account to everybody, or hides it.
  public func setVisibility(
    _ visibility: RepositoryVisibility, of repository: RepositoryID
  ) throws {
    try requireOwn(repository)
    try inHub(repository) {
      let folder = try readable(repository)
      try folder.locked { try folder.write(visibility.rawValue + "\n", to: Self.visibilityName) }
    }
  }

  /// Removes a repository of this account: from then on it is as if it had never been made. Contents
  /// that other repositories may share stay.
  public func deleteRepository(_ repository: RepositoryID) throws {
    try requireOwn(repository)
    try inHub(repository) {
      guard
        let namespace = try HubFolder.root(path).folder(Self.repositoriesName)?
          .folder(repository.namespace), let folder = try namespace.folder(repository.name)
      else { return }
      try folder.locked {
        // Without this one there is no repository; then nothing can point to what is missing.
        for name in [Self.visibilityName, Self.headName] { folder.remove(name) }
        try folder.sync()
        if let commits = try folder.folder(Self.commitsName) {
          for name in try commits.names(maximum: .max) { commits.remove(name) }
          folder.removeFolder(Self.commitsName)
        }
      }
      // The lock's file stays: another process may wait for it.
    }
  }

  /// The newest commit of a repository; nil if it has none.
  public func head(of repository: RepositoryID) throws -> Revision? {
    try inHub(repository) {
      guard
        let bytes = try readable(repository)
          .read(Self.headName, bytesMaximum: Self.smallFileBytes)
      else { return nil }
      guard bytes.last == UInt8(ascii: "\n"),
        let revision = Revision(hex: String(decoding: bytes.dropLast(), as: UTF8.self))
      else {
        throw HubError.invalid(repository: repository.description, reason: "its head is none")
      }
      return revision
    }
  }

  /// The files of a commit with their sizes.
  public func list(
    _ repository: RepositoryID, revision: Revision, transfer: HubTransfer
  ) throws -> [HubEntry] {
    try transfer.check(repository)
    return try inHub(repository) {
      let record = try record(revision, of: repository)
      for file in record.files where try blobs.open(file.digest, bytes: file.bytes) == nil {
        throw HubError.contentDiffers(repository: repository.description, name: file.name)
      }
      return record.entries
    }
  }

  /// The commit's record, which is proved by its id.
  func record(_ revision: Revision, of repository: RepositoryID) throws -> CommitRecord {
    let folder = try readable(repository)
    guard let commits = try folder.folder(Self.commitsName),
      let bytes = try commits.read(revision.hex, bytesMaximum: CommitRecord.bytesMaximum)
    else {
      throw HubError.revisionNotFound(
        repository: repository.description, revision: revision.hex)
    }
    let record = try CommitRecord(parsing: bytes, source: "\(commits.path)/\(revision.hex)")
    guard record.revision == revision else {
      throw HubError.contentDiffers(
        repository: repository.description, name: "\(Self.commitsName)/\(revision.hex)")
    }
    return record
  }

  /// The folder of a repository that this account may read.
  func readable(_ repository: RepositoryID) throws -> HubFolder {
    guard
      let folder = try HubFolder.root(path).folder(Self.repositoriesName)?
        .folder(repository.namespace)?.folder(repository.name),
      let visibility = try visibility(in: folder, of: repository),
      visibility == .public || repository.namespace == account
    else { throw HubError.repositoryNotFound(repository: repository.description) }
    return folder
  }

  /// What the repository's record of visibility says; nil if it was never made.
  private func visibility(
    in folder: HubFolder, of repository: RepositoryID
  ) throws -> RepositoryVisibility? {
    guard let bytes = try folder.read(Self.visibilityName, bytesMaximum: Self.smallFileBytes) else {
      return nil
    }
    guard bytes.last == UInt8(ascii: "\n"),
      let visibility = RepositoryVisibility(
        rawValue: String(decoding: bytes.dropLast(), as: UTF8.self))
    else {
      throw HubError.invalid(
        repository: repository.description, reason: "its visibility is neither private nor public")
    }
    return visibility
  }

  func requireOwn(_ repository: RepositoryID) throws(HubError) {
    guard repository.namespace == account else {
      throw .notOwner(repository: repository.description, account: account)
    }
  }

  /// Runs `body` and turns errors of files and records into the hub's.
  func inHub<Result>(
    _ repository: RepositoryID, needed: Int = 0, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw HubError.stored(error, repository: repository, needed: needed)
    } catch let error as CommitRecord.Problem {
      throw HubError.invalid(repository: repository.description, reason: error.reason)
    }
  }
}
