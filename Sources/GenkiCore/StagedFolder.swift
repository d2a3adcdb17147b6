import Foundation

/// A folder that appears complete or not at all: it is filled under another name beside its target and
/// then renamed. What was not published is removed: by its owner, or, where that was killed, by the next
/// one who begins a folder for the same target.
public final class StagedFolder {
  /// Where to write.
  public let path: String
  private let target: String
  /// Nil on a file system without locks, where nobody takes a folder for an abandoned one.
  private let lock: FolderLock?
  private var isPublished = false
  private static let suffix = ".partial"

  /// Begins a folder that will be `target`.
  ///
  /// - Throws: `FileError.cannotCreate` if something that is not an empty folder is at the target.
  public init(target: String) throws {
    var trimmed = target
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.target = trimmed
    try Self.checkFree(trimmed)
    Self.removeAbandoned(target: trimmed)
    (path, lock) = try Self.make(target: trimmed)
  }

  deinit {
    if !isPublished { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Gives the folder its name. The files in it must have been synced, as `AtomicFile` does.
  public func publish() throws {
    guard rename(path, target) == 0 else {
      throw FileError.cannotCreate(path: target, code: errno)
    }
    isPublished = true
    try AtomicFile.syncFolder(ofFile: target)
  }

  private static func make(target: String) throws -> (String, FolderLock?) {
    while true {
      let path = "\(target).\(String(UInt64.random(in: .min ... .max), radix: 36))\(suffix)"
      do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      } catch {
        throw FileError.cannotCreate(path: target, code: errno == 0 ? EACCES : errno)
      }
      // Between these two lines another process may have taken the folder for an abandoned one.
      switch FolderLock.take(path) {
      case .taken(let lock) where lock.holds(path): return (path, lock)
      case .taken, .gone, .busy: continue
      case .unsupported: return (path, nil)
      }
    }
  }

  /// Removes what processes that are no more have left behind for this target.
  private static func removeAbandoned(target: String) {
    let parent = (target as NSString).deletingLastPathComponent
    let prefix = (target as NSString).lastPathComponent + "."
    let folder = parent.isEmpty ? "." : parent
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { continue }
      let middle = name.dropFirst(prefix.count).dropLast(suffix.count)
      guard UInt64(middle, radix: 36) != nil else { continue }
      let path = "\(folder)/\(name)"
      // Whoever is alive holds the lock.
      guard case .taken(let lock) = FolderLock.take(path), lock.holds(path) else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  private static func checkFree(_ target: String) throws {
    guard FileManager.default.fileExists(atPath: target) else { return }
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: target) else {
      throw FileError.cannotCreate(path: target, code: EEXIST)
    }
    guard entries.isEmpty else { throw FileError.cannotCreate(path: target, code: ENOTEMPTY) }
  }
}

/// The lock on a folder that one owner can hold; it ends with its process, however that ends.
private final class FolderLock {
  enum Outcome {
    case taken(FolderLock)
    /// Somebody has it.
    case busy
    /// There is no such folder any more.
    case gone
    /// The file system has no locks.
    case unsupported
  }

  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  static func take(_ path: String) -> Outcome {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return errno == ENOENT ? .gone : .unsupported }
    let lock = FolderLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return .taken(lock) }
    return errno == EWOULDBLOCK ? .busy : .unsupported
  }

  /// Whether the locked folder is the one of this name.
  func holds(_ path: String) -> Bool {
    var (own, named) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && lstat(path, &named) == 0
      && own.st_dev == named.st_dev && own.st_ino == named.st_ino
  }
}
