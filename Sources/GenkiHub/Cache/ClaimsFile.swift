import GenkiCore
import GenkiHTTP
import Glibc

/// The file by which a process tells others its claims, locked as long as the process lives: a file
/// that is not locked is a dead process's and says nothing any more.
///
/// Everything here happens while the cache is locked, except the end.
final class ClaimsFile: Sendable {
  private static let bytesMaximum = 16 << 20

  private let folder: String
  private let name: String
  private let descriptor: Int32
  private let written = Guarded<String?>(nil)

  /// Makes a file of its own.
  init(in folder: String) throws(FileError) {
    self.folder = folder
    name = String(UInt64.random(in: .min ... .max), radix: 36)
    let path = "\(folder)/\(name)"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o664)
    guard descriptor >= 0 else { throw .cannotCreate(path: path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      throw .cannotCreate(path: path, code: code)
    }
    write(CacheClaims())
  }

  deinit {
    unlink("\(folder)/\(name)")
    close(descriptor)
  }

  /// Tells others these claims. If the disk is full the file is not whole, and others keep everything
  /// until it can be written again.
  func write(_ claims: CacheClaims) {
    let text = claims.text
    guard written.withLock({ $0 }) != text else { return }
    let bytes = Array(text.utf8)
    let count = pwrite(descriptor, bytes, bytes.count, 0)
    let isWhole = ftruncate(descriptor, max(0, count)) == 0 && count == bytes.count
    written.withLock { $0 = isWhole ? text : nil }
  }

  /// The claims of the other processes that live, nil for those that cannot be read; removes what dead
  /// ones have left.
  func others() -> [CacheClaims?] {
    CacheFolder.names(in: folder).filter { $0 != name }.compactMap { other in
      let path = "\(folder)/\(other)"
      let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard file >= 0 else { return errno == ENOENT ? nil : .some(nil) }
      defer { close(file) }
      if flock(file, LOCK_SH | LOCK_NB) == 0 {
        unlink(path)
        return nil
      }
      let text = try? TextFile.readString(path, sizeLimit: Self.bytesMaximum)
      return .some(text.flatMap { CacheClaims(parsing: $0) })
    }
  }
}
