import Glibc

/// Files that appear whole or not at all, and survive a crash once they have appeared.
public enum AtomicFile {
  /// Replaces a file by these bytes.
  public static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
    try replace(path) { writer in try writer.write(bytes) }
  }

  /// Replaces a file by this text in UTF-8.
  public static func write(_ text: String, to path: String) throws {
    try replace(path) { writer in try writer.write(text) }
  }

  /// Replaces a file by what `writing` writes.
  ///
  /// The bytes go to a new file in the same folder, which is synced and renamed; then the folder is
  /// synced. If anything fails the old file is untouched and the new one removed. `mode` is limited by
  /// the process's umask.
  public static func replace(
    _ path: String, mode: mode_t = 0o644, writing: (inout FileWriter) throws -> Void
  ) throws {
    try replace(path, mode: mode) { descriptor, _ in
      var writer = FileWriter(path: path, descriptor: descriptor)
      try writing(&writer)
      try writer.flush()
    }
  }

  /// Replaces a file of a known size by pieces, and returns the SHA-256 of what was written.
  ///
  /// As above, but the pieces may be written in any order and by several threads. The digest is taken
  /// from the file while the system brings it to disk.
  public static func replace(
    _ path: String, byteCount: Int, mode: mode_t = 0o644, writing: (PieceWriter) throws -> Void
  ) throws -> ContentDigest {
    try replace(path, mode: mode) { descriptor, temporary in
      guard ftruncate(descriptor, byteCount) == 0 else {
        throw FileError.cannotWrite(path: path, code: errno)
      }
      try writing(PieceWriter(path: path, descriptor: descriptor))
      // Another thread begins the way to disk and waits for its end. What goes wrong there is
      // reported to the first fsync after it only, so its answer counts.
      let syncing = BackgroundSync(descriptor: descriptor)
      let digest = Result { try SHA256Hasher.digest(ofFile: temporary) }
      let code = syncing.wait()
      guard code == 0 else { throw FileError.cannotWrite(path: path, code: code) }
      return try digest.get()
    }
  }

  /// Fills a new file beside `path`, syncs it and gives it the name.
  private static func replace<Result>(
    _ path: String, mode: mode_t, filling: (Int32, String) throws -> Result
  ) throws -> Result {
    let (temporary, descriptor) = try createTemporary(beside: path, mode: mode)
    let result: Result
    do {
      defer { close(descriptor) }
      result = try filling(descriptor, temporary)
      guard fsync(descriptor) == 0 else { throw FileError.cannotWrite(path: path, code: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw FileError.cannotCreate(path: path, code: code)
    }
    try syncFolder(ofFile: path)
    return result
  }

  /// Syncs the folder that holds a file, so that its name survives a crash.
  public static func syncFolder(ofFile path: String) throws {
    let folder = folder(of: path)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.cannotWrite(path: folder, code: errno) }
    defer { close(descriptor) }
    // Some file systems have no folders to sync; they say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError.cannotWrite(path: folder, code: errno)
    }
  }

  private static func createTemporary(
    beside path: String, mode: mode_t
  ) throws -> (path: String, descriptor: Int32) {
    for _ in 0..<16 {
      let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
      let name = path.split(separator: "/").last.map(String.init) ?? "file"
      let temporary = "\(folder(of: path))/.\(name).\(suffix).tmp"
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if descriptor >= 0 { return (temporary, descriptor) }
      if errno != EEXIST { throw FileError.cannotCreate(path: path, code: errno) }
    }
    throw FileError.cannotCreate(path: path, code: EEXIST)
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/." : String(path[..<slash])
  }
}
