import GenkiCore
import GenkiHTTP
import Glibc

/// The lock of a cache's folder, held for moments only: what is on disk is looked at and changed by
/// one thread of one process at a time. With it goes what this process has claimed.
final class CacheLock: Sendable {
  private let descriptor: Int32
  private let claims: Guarded<CacheClaims>
  private let file: ClaimsFile

  init(_ folder: CacheFolder) throws(FileError) {
    let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o664)
    guard descriptor >= 0 else { throw .cannotCreate(path: folder.lock, code: errno) }
    Self.lock(descriptor)
    do throws(FileError) {
      file = try ClaimsFile(in: folder.claims)
    } catch {
      close(descriptor)
      throw error
    }
    flock(descriptor, LOCK_UN)
    self.descriptor = descriptor
    claims = Guarded(CacheClaims())
  }

  deinit { close(descriptor) }

  /// Runs `body` while no other thread or process does; what it changes of the claims is seen by all
  /// others before they run theirs.
  func locked<Result>(_ body: (inout CacheClaims) throws -> Result) rethrows -> Result {
    try claims.withLock { claims in
      Self.lock(descriptor)
      defer { flock(descriptor, LOCK_UN) }
      defer { file.write(claims) }
      return try body(&claims)
    }
  }

  /// What the other processes that live have claimed. Only while the cache is locked.
  func othersClaims() -> [CacheClaims?] { file.others() }

  /// A lock of a regular file is refused only when interrupted or when the system is short of memory.
  private static func lock(_ descriptor: Int32) {
    while flock(descriptor, LOCK_EX) != 0 { sched_yield() }
  }
}
