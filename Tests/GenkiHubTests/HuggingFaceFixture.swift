import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub
import TestSupport

/// A Hugging Face hub of this process, and clients of it that never wait.
struct HuggingFaceFixture {
  let folder: TemporaryFolder
  let server: StandInHub
  let repository: RepositoryID

  init(partBytes: Int = 0, pageSize: Int = 1_000) throws {
    folder = try TemporaryFolder()
    server = try StandInHub(partBytes: partBytes, pageSize: pageSize)
    repository = try HubFixture.id("alice/model")
    try FileManager.default.createDirectory(
      atPath: folder.file("uploads"), withIntermediateDirectories: true)
  }

  func hub(
    token: String? = "hf_alice", account: String = "alice", endpoint: String? = nil,
    change: (inout HuggingFaceSettings) -> Void = { _ in }
  ) throws -> HuggingFaceHub {
    var settings = HuggingFaceSettings(
      endpoint: endpoint ?? server.endpoint, account: account,
      token: token.map { .bearer($0) }, uploadsFolder: folder.file("uploads"))
    settings.environment = RetryEnvironment(clock: ImpatientClock()) { 0.5 }
    change(&settings)
    var client = HTTPClientSettings()
    client.proxy = .none
    return try HuggingFaceHub(settings, client: HTTPClient(client))
  }

  /// A large file and a small one.
  func files(bytes: Int = 100_000, seed: UInt8 = 1) throws -> [HubFile] {
    [
      HubFile(
        name: "model.safetensors",
        path: try folder.write(Self.content(bytes, seed: seed), to: "model-\(seed)")),
      HubFile(name: "config.json", bytes: Array(#"{"seed": \#(seed)}"#.utf8)),
    ]
  }

  static func content(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31) >> 3) ^ seed }
  }

  /// Downloads all files of a commit and compares them.
  func fetch(
    _ files: [HubFile], revision: Revision, hub: HuggingFaceHub, to name: String = "copy"
  ) throws -> Bool {
    let out = folder.file(name)
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let listed = try hub.list(repository, revision: revision)
    for file in files {
      guard let entry = listed.first(where: { $0.name == file.name }) else { return false }
      let path = "\(out)/\(file.name)"
      try hub.download(
        entry, of: repository, revision: revision, to: path, bytesMaximum: entry.bytes,
        transfer: HubTransfer())
      let expected: [UInt8] =
        switch file.content {
        case .bytes(let bytes): bytes
        case .file(let path): try TextFile.readBytes(path, sizeLimit: 1 << 24)
        }
      guard try TextFile.readBytes(path, sizeLimit: 1 << 24) == expected else { return false }
    }
    return true
  }

  /// Requests of the storage that carried a secret.
  var leaks: Int {
    server.requests.count { $0.host == .storage && $0.headers["authorization"] != nil }
  }
}
