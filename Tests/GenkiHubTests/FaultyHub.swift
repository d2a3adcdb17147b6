import GenkiHub

/// A hub whose calls fail as a network does: before anything happens, or after it happened, the
/// reply being lost. Needs nothing but GenkiHub.
struct FaultyHub: Hub {
  enum Call: String, Sendable, CaseIterable {
    case createRepository, upload, setVisibility, deleteRepository, list, download, head
  }

  enum Fault: Sendable {
    /// The call does what it should.
    case none
    /// The call fails and has no effect.
    case before
    /// The call has its effect and fails.
    case lostReply
  }

  let inner: any Hub
  /// Asked once for each call.
  let decide: @Sendable (Call) -> Fault
  /// Called at the beginning of each download.
  var onDownload: @Sendable (HubEntry, HubTransfer) throws -> Void = { _, _ in }

  var account: String { inner.account }

  private func run<Result>(_ call: Call, _ body: () throws -> Result) throws -> Result {
    let failure = HubError.unreachable(source: "faulty", reason: "\(call.rawValue) failed")
    switch decide(call) {
    case .none: return try body()
    case .before: throw failure
    case .lostReply:
      _ = try body()
      throw failure
    }
  }

  func createRepository(
    _ repository: RepositoryID, visibility: RepositoryVisibility
  ) throws {
    try run(.createRepository) {
      try inner.createRepository(repository, visibility: visibility)
    }
  }

  func upload(
    _ files: [HubFile], to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision {
    try run(.upload) { try inner.upload(files, to: repository, transfer: transfer) }
  }

  func setVisibility(_ visibility: RepositoryVisibility, of repository: RepositoryID) throws {
    try run(.setVisibility) { try inner.setVisibility(visibility, of: repository) }
  }

  func deleteRepository(_ repository: RepositoryID) throws {
    try run(.deleteRepository) { try inner.deleteRepository(repository) }
  }

  func list(
    _ repository: RepositoryID, revision: Revision, transfer: HubTransfer
  ) throws -> [HubEntry] {
    try run(.list) { try inner.list(repository, revision: revision, transfer: transfer) }
  }

  func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws {
    try run(.download) {
      try onDownload(entry, transfer)
      try inner.download(
        entry, of: repository, revision: revision, to: path, bytesMaximum: bytesMaximum,
        transfer: transfer)
    }
  }

  func head(of repository: RepositoryID) throws -> Revision? {
    try run(.head) { try inner.head(of: repository) }
  }
}
