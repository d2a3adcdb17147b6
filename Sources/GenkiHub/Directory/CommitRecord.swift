import GenkiCore

/// A commit of a directory hub: its files, sorted by name, each with size and hash.
///
/// A record proves itself: its id is computed from names and hashes, so a changed record does not fit
/// the id under which it is found.
struct CommitRecord: Equatable {
  /// Bytes of a record's text; 64 names whose every byte is escaped need less.
  static let bytesMaximum = 256 << 10
  private static let domain = "genki-dama/directory-hub/commit/1\0"
  private static let format = 1

  struct File: Equatable {
    var name: String
    var bytes: Int
    var digest: ContentDigest
  }

  let files: [File]

  /// A record of these files in any order; throws `Problem` if there are none, too many or unfit ones.
  init(_ files: [File]) throws(Problem) {
    guard !files.isEmpty else { throw Problem(reason: "a commit needs at least one file") }
    guard files.count <= HubLimits.entriesMaximum else {
      throw Problem(reason: "\(files.count) files, more than \(HubLimits.entriesMaximum)")
    }
    // By bytes, as `sort` does in the C locale: Swift's own order and equality are Unicode's.
    self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for file in files {
      if let reason = HubLimits.nameProblem(file.name) { throw Problem(reason: reason) }
      guard (0...HubLimits.fileBytesMaximum).contains(file.bytes) else {
        throw Problem(reason: "\(file.name.quoted()) states a size of \(file.bytes) bytes")
      }
    }
    for (file, next) in zip(self.files, self.files.dropFirst())
    where file.name.utf8.elementsEqual(next.name.utf8) {
      throw Problem(reason: "\(file.name.quoted()) stands twice in the commit")
    }
  }

  /// Why something cannot be a commit.
  struct Problem: Error {
    var reason: String
  }

  /// The id: the first 20 bytes of SHA-256 over a domain and the lines that `sha256sum` prints.
  var revision: Revision? {
    var hasher = SHA256Hasher()
    hasher.update(Self.domain.utf8)
    for file in files { hasher.update("\(file.digest.hex)  \(file.name)\n".utf8) }
    return Revision(bytes: hasher.finish().bytes.prefix(Revision.byteCount))
  }

  /// The files as a hub lists them.
  var entries: [HubEntry] {
    files.map { HubEntry(name: $0.name, bytes: $0.bytes, digest: $0.digest) }
  }

  /// The record as it is stored; equal records have equal texts.
  var text: String {
    let list = files.map { file -> JSONValue in
      [
        "name": .string(file.name), "bytes": JSONValue(file.bytes),
        "sha256": .string(file.digest.hex),
      ]
    }
    return JSONValue.object(["format": JSONValue(Self.format), "files": .array(list)])
      .encoded(pretty: true) + "\n"
  }

  /// Reads a stored record, which may be anything.
  init(parsing bytes: [UInt8], source: String) throws(Problem) {
    let limits = JSONLimits(depth: 4, bytes: Self.bytesMaximum, values: 16 * 64)
    let json: JSONValue
    do {
      json = try JSONValue.parse(bytes, source: source, limits: limits)
    } catch {
      throw Problem(reason: "its commit is not readable: \(error)")
    }
    guard let object = json.objectValue, !object.hasDuplicateKeys,
      object["format"]?.intValue == Self.format, let list = object["files"]?.arrayValue
    else { throw Problem(reason: "its commit is no record of format \(Self.format)") }
    var files: [File] = []
    for item in list {
      guard let fields = item.objectValue, !fields.hasDuplicateKeys,
        let name = fields["name"]?.stringValue, let bytes = fields["bytes"]?.intValue,
        let digest = fields["sha256"]?.stringValue.flatMap({ ContentDigest(hex: $0) })
      else { throw Problem(reason: "file \(files.count + 1) of its commit is no record of a file") }
      files.append(File(name: name, bytes: bytes, digest: digest))
    }
    try self.init(files)
  }
}
