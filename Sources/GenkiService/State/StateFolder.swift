import Foundation
import GenkiCore
import Synchronization

/// Folders inside a state folder.
public enum PrivateFolder: String, Sendable, CaseIterable {
  /// Runs of finetuning, one folder a job, with their checkpoints.
  case jobs
  /// Models that were fetched from the hub.
  case models
  /// Datasets that were added by RPC.
  case datasets
  /// Rounds' manifests and merged checkpoints.
  case rounds
  /// Backups of the database.
  case backups
  /// What is stored of uploads that go up in parts.
  case uploads
}

/// A daemon's own folder: made on first use, private to its user, and locked while it runs.
public final class StateFolder: Sendable {
  /// The folder.
  public let path: String
  private let lock: Mutex<Int32?>

  /// Makes the folder if it is not there and locks it.
  ///
  /// - Throws: ``StateFolderError``; a folder that another daemon has locked is a temporary failure
  ///   that names the other's process id.
  public init(path: String) throws {
    self.path = path
    try Self.prepare(path)
    lock = Mutex(try Self.takeLock(path))
  }

  deinit { unlock() }

  /// The path of a file in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The daemon's database.
  public var database: String { Self.database(in: path) }

  /// The state file of a folder that nobody holds.
  public static func database(in folder: String) -> String { folder + "/state.sqlite" }

  /// The path of a folder inside, made on first use.
  public func folder(_ folder: PrivateFolder) throws -> String {
    let path = file(folder.rawValue)
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw StateFolderError.system(path: path, code: errno)
    }
    return path
  }

  /// Bytes that we may write on its disk.
  public func freeBytes() throws -> Int { try Self.freeBytes(at: path) }

  /// Bytes that we may write on the disk of any folder.
  public static func freeBytes(at path: String) throws -> Int {
    var disk = statvfs()
    guard statvfs(path, &disk) == 0 else {
      throw FileError.cannotRead(path: path, code: errno)
    }
    let (bytes, isTooLarge) = UInt64(disk.f_bavail).multipliedReportingOverflow(
      by: UInt64(disk.f_frsize))
    return isTooLarge ? Int.max : Int(clamping: bytes)
  }

  /// Lets go of the lock; the folder stays.
  public func unlock() {
    lock.withLock { descriptor in
      if let descriptor { close(descriptor) }
      descriptor = nil
    }
  }

  private static func prepare(_ path: String) throws {
    let parent = URL(filePath: path).deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw StateFolderError.system(path: path, code: errno)
    }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StateFolderError.system(path: path, code: errno) }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else {
      throw StateFolderError.system(path: path, code: errno)
    }
    guard info.st_uid == geteuid() else {
      throw StateFolderError.notOurs(path: path, owner: info.st_uid)
    }
    guard info.st_mode & 0o077 == 0 || fchmod(descriptor, 0o700) == 0 else {
      throw StateFolderError.system(path: path, code: errno)
    }
  }

  private static func takeLock(_ folder: String) throws -> Int32 {
    let path = "\(folder)/lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw StateFolderError.system(path: path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      defer { close(descriptor) }
      guard code == EWOULDBLOCK else { throw StateFolderError.system(path: path, code: code) }
      throw StateFolderError.inUse(path: folder, pid: readPID(descriptor))
    }
    let text = "\(getpid())\n"
    // The number only helps a person; the lock itself does not depend on it.
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.utf8.count, 0) }
    return descriptor
  }

  private static func readPID(_ descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    let digits = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
    return Int32(String(decoding: digits, as: UTF8.self))
  }
}
