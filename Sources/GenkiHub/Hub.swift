import GenkiCore

/// What the daemons need of a model hub; a folder on this machine and the Hugging Face Hub both
/// provide it.
///
/// Calls block until they are answered. Every call may be repeated: creating a repository that is
/// there, uploading what is there and setting a visibility that is set change nothing. Errors are
/// `HubError`; `HubError.isTransient` tells which may be tried again.
public protocol Hub: Sendable {
  /// The name under which repositories are made, the namespace of their ids.
  var account: String { get }

  /// Makes a repository of this account, or leaves the one that is there as it is.
  func createRepository(_ repository: RepositoryID, visibility: RepositoryVisibility) throws
  /// Makes the content of a repository of this account equal to these files, as one commit.
  ///
  /// What was uploaded before a call that failed is not uploaded again by the next one.
  ///
  /// - Returns: The id of the commit with this content; the same one when it is repeated.
  func upload(
    _ files: [HubFile], to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision
  /// Shows a repository of this account to everybody, or hides it.
  func setVisibility(_ visibility: RepositoryVisibility, of repository: RepositoryID) throws
  /// Removes a repository of this account with all its commits; one that is not there is no error.
  func deleteRepository(_ repository: RepositoryID) throws
  /// The files of a commit with their sizes; nothing is downloaded.
  func list(
    _ repository: RepositoryID, revision: Revision, transfer: HubTransfer
  ) throws -> [HubEntry]
  /// Downloads one file of a commit and checks its content; the file appears whole or not at all.
  ///
  /// What a call that failed has brought may be kept beside it as `partialPath(of:)`, for the next one
  /// to go on with.
  ///
  /// - Parameter bytesMaximum: A larger file is refused before and while it is read.
  func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws
  /// The newest commit of a repository; nil if it has none.
  func head(of repository: RepositoryID) throws -> Revision?
}

/// Who may read a repository.
public enum RepositoryVisibility: String, Sendable, CaseIterable {
  /// Its owner.
  case `private`
  /// Everybody.
  case `public`
}

extension Hub {
  /// The files of a commit with their sizes, waited for as long as it takes.
  public func list(_ repository: RepositoryID, revision: Revision) throws -> [HubEntry] {
    try list(repository, revision: revision, transfer: HubTransfer())
  }

  /// Uploads and reports how far it is.
  public func upload(
    _ files: [HubFile], to repository: RepositoryID,
    progress: @escaping @Sendable (HubProgress) -> Void
  ) throws -> Revision {
    try upload(files, to: repository, transfer: HubTransfer(onProgress: progress))
  }

  /// Downloads one file and reports how far it is.
  public func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, progress: @escaping @Sendable (HubProgress) -> Void
  ) throws {
    try download(
      entry, of: repository, revision: revision, to: path, bytesMaximum: bytesMaximum,
      transfer: HubTransfer(onProgress: progress))
  }

  /// Where a hub may keep the beginning of a file that is on its way to `path`.
  public static func partialPath(of path: String) -> String { path + ".incomplete" }
}
