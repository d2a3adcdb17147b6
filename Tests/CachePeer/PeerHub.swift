import Foundation
import GenkiHTTP
import GenkiHub

/// A hub that counts downloads, and that can be held in the middle of them.
struct PeerHub: Hub {
  let inner: DirectoryHub
  /// Whether a download keeps a beginning of the file and waits for a line of input.
  let holds: Bool
  let downloads = Guarded(0)

  var account: String { inner.account }

  func createRepository(_ repository: RepositoryID, visibility: RepositoryVisibility) throws {
    try inner.createRepository(repository, visibility: visibility)
  }

  func upload(
    _ files: [HubFile], to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision {
    try inner.upload(files, to: repository, transfer: transfer)
  }

  func setVisibility(_ visibility: RepositoryVisibility, of repository: RepositoryID) throws {
    try inner.setVisibility(visibility, of: repository)
  }

  func deleteRepository(_ repository: RepositoryID) throws {
    try inner.deleteRepository(repository)
  }

  func list(
    _ repository: RepositoryID, revision: Revision, transfer: HubTransfer
  ) throws -> [HubEntry] {
    try inner.list(repository, revision: revision, transfer: transfer)
  }

  func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws {
    downloads.update { $0 += 1 }
    let partial = Self.partialPath(of: path)
    if holds {
      let beginning = Data(repeating: UInt8(ascii: "?"), count: entry.bytes / 2)
      try beginning.write(to: URL(filePath: partial))
      CachePeer.say("downloading")
      _ = readLine()
      try FileManager.default.removeItem(atPath: partial)
    }
    try inner.download(
      entry, of: repository, revision: revision, to: path, bytesMaximum: bytesMaximum,
      transfer: transfer)
  }

  func head(of repository: RepositoryID) throws -> Revision? { try inner.head(of: repository) }
}
