import Foundation
import GenkiHTTP
import GenkiHub
import GenkiNode

/// A hub where moving bytes to or from some repositories never ends until it is cancelled.
struct HangingHub: Hub {
  let inner: any Hub
  let isHanging: @Sendable (RepositoryID) -> Bool

  var account: String { inner.account }

  /// Tells of a beginning, then of nothing.
  private func hang(_ repository: RepositoryID, _ transfer: HubTransfer) throws -> Never {
    transfer.onProgress(
      HubProgress(name: "model.safetensors", bytesDone: 12 << 10, bytesTotal: 400 << 10))
    let bell = Bell()
    let id = transfer.cancellation.register { bell.ring() }
    defer { transfer.cancellation.remove(id) }
    while !transfer.cancellation.isCancelled { bell.wait() }
    throw HubError.cancelled(repository: repository.description)
  }

  func upload(
    _ files: [HubFile], to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision {
    if isHanging(repository) { try hang(repository, transfer) }
    return try inner.upload(files, to: repository, transfer: transfer)
  }

  func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws {
    if isHanging(repository) { try hang(repository, transfer) }
    try inner.download(
      entry, of: repository, revision: revision, to: path, bytesMaximum: bytesMaximum,
      transfer: transfer)
  }

  func createRepository(_ repository: RepositoryID, visibility: RepositoryVisibility) throws {
    try inner.createRepository(repository, visibility: visibility)
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
  func head(of repository: RepositoryID) throws -> Revision? { try inner.head(of: repository) }
}

/// Rings for one that waits.
final class Bell: @unchecked Sendable {
  /// No test waits longer.
  private static let secondsMaximum = 30.0
  private let condition = NSCondition()
  private var rings = 0

  func ring() {
    condition.lock()
    rings += 1
    condition.broadcast()
    condition.unlock()
  }

  /// Takes one ring; false if none came.
  @discardableResult
  func wait() -> Bool {
    let deadline = Date(timeIntervalSinceNow: Self.secondsMaximum)
    condition.lock()
    defer { condition.unlock() }
    while rings == 0, condition.wait(until: deadline) {}
    guard rings > 0 else { return false }
    rings -= 1
    return true
  }
}
