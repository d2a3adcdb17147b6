import GenkiCore
import Glibc

/// What says that a cached model is complete: its files with size, hash and time of change.
package struct CacheMarker: Equatable {
  static let fileName = "complete"
  static let bytesMaximum = 256 << 10
  private static let format = 1

  package struct File: Equatable, Sendable {
    package var name: String
    var bytes: Int
    package var digest: ContentDigest
    /// Git's id, where it is the hash that the hub stated.
    var gitBlob: GitBlobID?
    var changedNanoseconds: Int

    /// Whether this is the file that the hub states, so far as the hub states a hash.
    func isStated(by entry: HubEntry) -> Bool {
      guard bytes == entry.bytes else { return false }
      if let stated = entry.digest { return stated == digest }
      return entry.gitBlob == nil || entry.gitBlob == gitBlob
    }
  }

  var repository: String
  var revision: String
  package var files: [File]

  func file(_ name: String) -> File? { files.first { $0.name == name } }

  /// The marker of a folder; nil if there is none or it is not readable, which makes the folder an
  /// incomplete one.
  package init?(folder: String) {
    let path = "\(folder)/\(Self.fileName)"
    guard let json = try? JSONValue.parse(file: path, sizeLimit: Self.bytesMaximum),
      json["format"]?.intValue == Self.format,
      let repository = json["repository"]?.stringValue,
      let revision = json["revision"]?.stringValue, let list = json["files"]?.arrayValue
    else { return nil }
    self.repository = repository
    self.revision = revision
    files = []
    for item in list {
      guard let name = item["name"]?.stringValue, let bytes = item["bytes"]?.intValue,
        let digest = item["sha256"]?.stringValue.flatMap({ ContentDigest(hex: $0) }),
        let changed = item["changed_ns"]?.intValue, let file = RepositoryFile(name: name)
      else { return nil }
      files.append(
        File(
          name: file.name, bytes: bytes, digest: digest,
          gitBlob: item["git_blob"]?.stringValue.flatMap { GitBlobID(hex: $0) },
          changedNanoseconds: changed))
    }
  }

  package init(repository: RepositoryID, revision: Revision, files: [File]) {
    self.repository = repository.description
    self.revision = revision.hex
    self.files = files
  }

  /// Writes the marker whole. The group may write it, too: each user that shares a cache tells the time
  /// of its use by it.
  func write(to folder: String) throws {
    let list = files.map { file -> JSONValue in
      var fields: JSONObject = [
        "name": .string(file.name), "bytes": JSONValue(file.bytes),
        "sha256": .string(file.digest.hex), "changed_ns": JSONValue(file.changedNanoseconds),
      ]
      if let gitBlob = file.gitBlob { fields["git_blob"] = .string(gitBlob.hex) }
      return .object(fields)
    }
    let json: JSONValue = [
      "format": JSONValue(Self.format), "repository": .string(repository),
      "revision": .string(revision), "files": .array(list),
    ]
    try AtomicFile.replace("\(folder)/\(Self.fileName)", mode: 0o664) { writer in
      try writer.write(json.encoded(pretty: true) + "\n")
    }
  }
}
