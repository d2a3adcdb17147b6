import Foundation
import GenkiCore
import GenkiHub
import Synchronization
import TestSupport

/// A folder with a directory hub and local files, for one test.
struct HubFixture {
  let folder: TemporaryFolder
  /// The repository that most tests use.
  let repository: RepositoryID

  init() throws {
    folder = try TemporaryFolder()
    repository = try Self.id("alice/model-r1")
  }

  /// An id that must be good.
  static func id(_ text: String) throws -> RepositoryID {
    guard let id = RepositoryID(text) else { throw Unexpected(what: text) }
    return id
  }

  /// The hub as this account sees it, on a disk without end.
  func hub(
    _ account: String = "alice", at name: String = "hub", hook: @escaping HubStep.Hook = { _ in }
  ) throws -> DirectoryHub {
    try DirectoryHub(
      path: folder.file(name), account: account, availableBytes: { _ in nil }, hook: hook)
  }

  /// The hub on a disk with so many bytes left.
  func hub(availableBytes: Int) throws -> DirectoryHub {
    try DirectoryHub(
      path: folder.file("hub"), account: "alice", availableBytes: { _ in availableBytes })
  }

  /// Writes local files and names them for an upload.
  func files(_ contents: KeyValuePairs<String, String>) throws -> [HubFile] {
    try contents.map { name, content in
      let path = try folder.write(content, to: "local/\(UUID().uuidString)")
      return HubFile(name: name, path: path)
    }
  }

  /// Uploads to the fixture's repository, which is made if need be.
  @discardableResult
  func publish(
    _ contents: KeyValuePairs<String, String>, visibility: RepositoryVisibility = .public
  ) throws -> Revision {
    let hub = try hub()
    try hub.createRepository(repository, visibility: visibility)
    return try hub.upload(files(contents), to: repository) { _ in }
  }

  /// The texts of all files of a commit, downloaded.
  func contents(of revision: Revision, from hub: some Hub) throws -> [String: String] {
    var result: [String: String] = [:]
    for entry in try hub.list(repository, revision: revision) {
      let path = folder.file("download-\(UUID().uuidString)")
      try hub.download(
        entry, of: repository, revision: revision, to: path, bytesMaximum: 1 << 30,
        progress: { _ in })
      result[entry.name] = try TextFile.readString(path, sizeLimit: 1 << 30)
    }
    return result
  }

  /// The path of something in the fixture repository's folder.
  func stored(_ name: String) -> String {
    folder.file("hub/repositories/\(repository)/\(name)")
  }

  /// Overwrites a file of the hub behind its back.
  func overwrite(_ path: String, with text: String) throws {
    try? FileManager.default.removeItem(atPath: path)
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  /// The path of a content's blob.
  func blob(_ content: String, at name: String = "hub") -> String {
    let hex = SHA256Hasher.digest(of: content.utf8).hex
    return folder.file("\(name)/blobs/\(hex.prefix(2))/\(hex)")
  }
}

/// Something a test relies on is not so.
struct Unexpected: Error {
  var what: String
}

/// A value that closures on several threads change.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  init(_ value: Value) { mutex = Mutex(value) }

  var value: Value { mutex.withLock { $0 } }

  @discardableResult
  func change<Result: Sendable>(_ body: @Sendable (inout Value) throws -> Result) rethrows -> Result
  {
    try mutex.withLock { try body(&$0) }
  }
}

/// What a call throws, if it is a hub's error.
func hubError(_ body: () throws -> Void) -> HubError? {
  do {
    try body()
    return nil
  } catch {
    return error as? HubError
  }
}
