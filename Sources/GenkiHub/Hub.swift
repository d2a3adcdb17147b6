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
  /// - Returns: The commit's id, which depends on the content only.
  func upload(
    _ files: [HubFile], to repository: RepositoryID, progress: (HubProgress) -> Void
  ) throws -> Revision
  /// Shows a repository of this account to everybody, or hides it.
  func setVisibility(_ visibility: RepositoryVisibility, of repository: RepositoryID) throws
  /// The files of a commit with their sizes; nothing is downloaded.
  func list(_ repository: RepositoryID, revision: Revision) throws -> [HubEntry]
  /// Downloads one file of a commit and checks its content; the file appears whole or not at all.
  ///
  /// - Parameter bytesMaximum: A larger file is refused before and while it is read.
  func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, progress: (HubProgress) -> Void
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

/// A file to be uploaded.
public struct HubFile: Sendable, Hashable {
  /// Its name in the repository.
  public var name: String
  /// Where it is on this machine.
  public var path: String

  /// A file to be uploaded.
  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

/// A file of a commit as the hub lists it.
public struct HubEntry: Sendable, Hashable {
  /// Its name in the repository; hostile.
  public var name: String
  /// Its size in bytes.
  public var bytes: Int
  /// SHA-256 of its content, where the hub states it.
  public var digest: ContentDigest?

  /// A file of a commit.
  public init(name: String, bytes: Int, digest: ContentDigest?) {
    self.name = name
    self.bytes = bytes
    self.digest = digest
  }
}

/// How far a transfer is.
public struct HubProgress: Sendable, Hashable {
  /// The file that is moved.
  public var name: String
  /// Bytes done of all files of the call.
  public var bytesDone: Int
  /// Bytes of all files of the call.
  public var bytesTotal: Int

  /// How far a transfer is.
  public init(name: String, bytesDone: Int, bytesTotal: Int) {
    self.name = name
    self.bytesDone = bytesDone
    self.bytesTotal = bytesTotal
  }
}
