import CSodium
import Foundation

/// Files that hold keys: read only when nobody else can, written once and whole, never replaced.
enum SecretFile {
  /// No key file comes near this size.
  static let bytesMax = 64 << 10
  /// Owner reads and writes.
  static let fileMode: mode_t = 0o600
  /// Owner alone enters.
  static let folderMode: mode_t = 0o700

  /// Reads a whole regular file of at most `bytesMax` bytes.
  ///
  /// - Parameter isSecret: refuse a file that group or others can read or change.
  static func read(_ path: String, isSecret: Bool) throws -> SecretBytes {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw WalletError.missing(path: path) }
      throw WalletError.unreadable(path: path, reason: lastError())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw WalletError.unreadable(path: path, reason: lastError())
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw WalletError.notAFile(path: path) }
    if isSecret, status.st_mode & 0o077 != 0 {
      throw WalletError.exposed(path: path, mode: status.st_mode)
    }
    let count = Int(status.st_size)
    guard count <= bytesMax else {
      throw WalletError.tooLarge(path: path, bytes: count, limit: bytesMax)
    }
    return try SecretBytes(count: count) { output in
      var done = 0
      while done < count {
        let got = Foundation.read(descriptor, output + done, count - done)
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          throw WalletError.unreadable(
            path: path, reason: got == 0 ? "it became shorter" : lastError())
        }
        done += got
      }
    }
  }

  /// Writes a new file with mode 0600; it appears under its name complete or not at all.
  ///
  /// - Throws: `WalletError.exists` if the name is taken.
  static func create(_ path: String, contents: SecretBytes) throws {
    let temporary = path + ".new-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, fileMode)
    guard descriptor >= 0 else {
      throw WalletError.unwritable(path: path, reason: lastError())
    }
    defer { unlink(temporary) }
    do {
      defer { close(descriptor) }
      try write(contents, to: descriptor, path: path)
    }
    // link, unlike rename, refuses to replace what is there.
    guard link(temporary, path) == 0 else {
      if errno == EEXIST { throw WalletError.exists(path: path) }
      throw WalletError.unwritable(path: path, reason: lastError())
    }
    try synchronizeFolder((path as NSString).deletingLastPathComponent)
  }

  /// Makes a folder for the owner alone; its parents, where missing, too.
  static func createFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: Int(folderMode)])
    } catch {
      throw WalletError.unwritable(path: path, reason: "the folder cannot be made")
    }
  }

  /// Makes a folder's list of names durable.
  static func synchronizeFolder(_ path: String) throws {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw WalletError.unwritable(path: path, reason: lastError())
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw WalletError.unwritable(path: path, reason: lastError())
    }
  }

  /// The system's words for `errno`.
  static func lastError() -> String { String(cString: strerror(errno)) }

  private static func write(_ contents: SecretBytes, to descriptor: Int32, path: String) throws {
    // The mode given to open passes through the umask, which may take even the owner's bits.
    guard fchmod(descriptor, fileMode) == 0 else {
      throw WalletError.unwritable(path: path, reason: lastError())
    }
    try contents.withBytes { bytes in
      var done = 0
      while done < bytes.count {
        let put = Foundation.write(
          descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
        if put < 0, errno == EINTR { continue }
        guard put > 0 else { throw WalletError.unwritable(path: path, reason: lastError()) }
        done += put
      }
    }
    guard fsync(descriptor) == 0 else {
      throw WalletError.unwritable(path: path, reason: lastError())
    }
  }
}
