import GenkiCore
import Glibc

/// What says that a cached model is complete: its files with size, hash and time of change.
package struct CacheMarker: Equatable {
  static let fileName = "complete"
  static let bytesMaximum = 256 << 10
  private static let format = 1

  package struct File: Equatable {
    var name: String
    var bytes: Int
    var digest: ContentDigest
    var changedNanoseconds: Int
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
        let changed = item["changed_ns"]?.intValue
      else { return nil }
      files.append(
        File(name: name, bytes: bytes, digest: digest, changedNanoseconds: changed))
    }
  }

  package init(repository: RepositoryID, revision: Revision, files: [File]) {
    self.repository = repository.description
    self.revision = revision.hex
    self.files = files
  }

  /// Writes the marker whole.
  func write(to folder: String) throws {
    let list = files.map { file -> JSONValue in
      [
        "name": .string(file.name), "bytes": JSONValue(file.bytes),
        "sha256": .string(file.digest.hex), "changed_ns": JSONValue(file.changedNanoseconds),
      ]
    }
    let json: JSONValue = [
      "format": JSONValue(Self.format), "repository": .string(repository),
      "revision": .string(revision), "files": .array(list),
    ]
    try AtomicFile.write(json.encoded(pretty: true) + "\n", to: "\(folder)/\(Self.fileName)")
  }
}

/// Size and time of change of a regular file; nil for anything else, symbolic links included.
struct CachedFileStatus: Equatable {
  var bytes: Int
  var changedNanoseconds: Int

  init?(path: String) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    bytes = Int(status.st_size)
    let (nanoseconds, overflow) = status.st_mtim.tv_sec.multipliedReportingOverflow(
      by: 1_000_000_000)
    changedNanoseconds = overflow ? 0 : nanoseconds &+ status.st_mtim.tv_nsec
  }
}
