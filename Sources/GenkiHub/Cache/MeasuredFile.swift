import GenkiCore
import Glibc

/// What a file's content turned out to be, read once.
struct MeasuredFile {
  let status: CachedFileStatus
  let digest: ContentDigest
  let gitBlob: GitBlobID?

  /// Reads a file; nil if it is not there, no regular file, or changes meanwhile. Throws `FileError` if
  /// the system cannot read it.
  ///
  /// - Parameters:
  ///   - bytes: Its size; a file of another one is not read.
  ///   - needsGitBlob: Whether git's id is computed, too.
  ///   - check: Called after each piece; what it throws is thrown on.
  init?(
    path: String, bytes: Int, needsGitBlob: Bool, check: () throws -> Void
  ) throws {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT || errno == ELOOP else {
        throw FileError.cannotRead(path: path, code: errno)
      }
      return nil
    }
    var status = stat()
    let isKnown = fstat(descriptor, &status) == 0
    guard let input = try? HubInput(descriptor: descriptor, path: path), isKnown,
      input.bytes == bytes
    else { return nil }
    var sha256 = SHA256Hasher()
    var sha1 = GitBlobID.hasher(bytes: bytes)
    do {
      try input.readAll { piece in
        try check()
        sha256.update(piece)
        if needsGitBlob { sha1.update(piece) }
      }
    } catch FileError.tooLarge, FileError.truncated {
      return nil
    }
    self.status = CachedFileStatus(status)
    digest = sha256.finish()
    gitBlob = needsGitBlob ? GitBlobID(digest: sha1.finish()) : nil
  }

  /// Reads a file that must be what the hub states; nil if it is not, or if the hub states no hash.
  init?(path: String, stated entry: HubEntry, check: () throws -> Void) throws {
    guard entry.digest != nil || entry.gitBlob != nil else { return nil }
    try self.init(
      path: path, bytes: entry.bytes, needsGitBlob: entry.digest == nil, check: check)
    guard isStated(by: entry) else { return nil }
  }

  /// What `read` gives; nil for a file that the system cannot read: as bad as a wrong one.
  static func unlessUnreadable(_ read: () throws -> MeasuredFile?) throws -> MeasuredFile? {
    do {
      return try read()
    } catch is FileError {
      return nil
    }
  }

  /// Whether the content has the hash that the hub states, if it states one.
  func isStated(by entry: HubEntry) -> Bool {
    if let stated = entry.digest { return stated == digest }
    return entry.gitBlob == nil || entry.gitBlob == gitBlob
  }

  /// What the marker says of the file.
  func record(of entry: HubEntry) -> CacheMarker.File {
    CacheMarker.File(
      name: entry.name, bytes: status.bytes, digest: digest, gitBlob: gitBlob,
      changedNanoseconds: status.changedNanoseconds)
  }
}
