import GenkiCore
import GenkiHTTP
import Glibc

/// One call at a time works on a model, whichever process it is in.
///
/// A model's lock is a byte of one file, locked for this open file: a process needs one descriptor for
/// any number of models, and the system frees the locks of one that dies.
final class ModelLocks: Sendable {
  /// Linux's F_OFD_SETLK, which the C library shows only on demand.
  private static let setLock: Int32 = 37
  /// Another process cannot wake a waiting call, so it looks again.
  private static let pauseSeconds = 0.05

  private let descriptor: Int32
  /// What this process works on.
  private let busy = Guarded(Set<String>())
  private let hook: CacheStep.Hook

  init(_ folder: CacheFolder, hook: @escaping CacheStep.Hook) throws(FileError) {
    self.hook = hook
    descriptor = open(folder.modelLocks, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o664)
    guard descriptor >= 0 else { throw .cannotCreate(path: folder.modelLocks, code: errno) }
  }

  deinit { close(descriptor) }

  /// Runs `body` while no other call works on the model; waits for its turn until it is cancelled.
  func exclusive<Result>(
    _ key: String, _ repository: RepositoryID, cancellation: HTTPCancellation? = nil,
    _ body: () throws -> Result
  ) throws -> Result {
    if !begin(key) {
      hook(.waiting)
      let id = cancellation?.register { [busy] in busy.update { _ in } }
      defer { cancellation?.remove(id) }
      var isMine = false
      while !isMine {
        if let cancellation, cancellation.isCancelled {
          throw HubError.cancelled(repository: repository.description)
        }
        isMine =
          busy.wait(until: Monotonic.seconds + Self.pauseSeconds) { keys -> Bool? in
            if cancellation?.isCancelled == true { return false }
            return take(key, &keys) ? true : nil
          } ?? false
      }
    }
    defer { end(key) }
    return try body()
  }

  /// Takes a model unless a call works on it.
  func begin(_ key: String) -> Bool { busy.update { take(key, &$0) } }

  /// Takes a model, waiting for calls of this process; false if another process works on it.
  func beginUnlessOthers(_ key: String) -> Bool {
    busy.wait { keys -> Bool? in keys.contains(key) ? nil : take(key, &keys) } ?? false
  }

  /// Frees a model for the next call.
  func end(_ key: String) {
    busy.update { keys in
      _ = set(F_UNLCK, key)
      keys.remove(key)
    }
  }

  private func take(_ key: String, _ keys: inout Set<String>) -> Bool {
    guard !keys.contains(key), set(F_WRLCK, key) else { return false }
    keys.insert(key)
    return true
  }

  /// Two models whose keys begin with the same 60 bits would wait for each other, no more.
  private func set(_ type: Int32, _ key: String) -> Bool {
    var lock = flock()
    lock.l_type = Int16(type)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = Int(key.prefix(15), radix: 16) ?? 0
    lock.l_len = 1
    return fcntl(descriptor, Self.setLock, &lock) == 0
  }
}
