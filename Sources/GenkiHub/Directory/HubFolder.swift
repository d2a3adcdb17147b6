import GenkiCore
import Glibc

/// A folder of a directory hub, held open; what is in it is reached without following symbolic links.
///
/// New folders and files are writable for the group as far as the umask allows, so that several users
/// can share a hub.
final class HubFolder: Sendable {
  let path: String
  let descriptor: Int32

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// Opens the hub's own folder; its path is the operator's and may lead over links.
  static func root(_ path: String) throws(FileError) -> HubFolder {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .reading(path, code: errno) }
    return HubFolder(descriptor: descriptor, path: path)
  }

  /// Opens a folder in this one; nil if there is none.
  func folder(_ name: String) throws(FileError) -> HubFolder? {
    let path = "\(path)/\(name)"
    let found = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    if found >= 0 { return HubFolder(descriptor: found, path: path) }
    switch errno {
    case ENOENT: return nil
    case ENOTDIR, ELOOP: throw .notARegularFile(path: path)
    case let code: throw .cannotRead(path: path, code: code)
    }
  }

  /// Opens a folder in this one, which is made if there is none.
  func makeFolder(_ name: String) throws(FileError) -> HubFolder {
    if let folder = try folder(name) { return folder }
    guard mkdirat(descriptor, name, 0o777) == 0 || errno == EEXIST else {
      throw .cannotCreate(path: "\(path)/\(name)", code: errno)
    }
    try sync()
    guard let folder = try folder(name) else {
      throw .cannotCreate(path: "\(path)/\(name)", code: ENOENT)
    }
    return folder
  }

  /// Opens a regular file of this folder; nil if there is none.
  func input(_ name: String) throws(FileError) -> HubInput? {
    let path = "\(path)/\(name)"
    let found = openat(
      descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard found >= 0 else {
      switch errno {
      case ENOENT: return nil
      case ELOOP, ENXIO: throw .notARegularFile(path: path)
      case let code: throw .cannotRead(path: path, code: code)
      }
    }
    return try HubInput(descriptor: found, path: path)
  }

  /// Reads a small file; nil if there is none.
  func read(_ name: String, bytesMaximum: Int) throws -> [UInt8]? {
    guard let input = try input(name) else { return nil }
    guard input.bytes <= bytesMaximum else {
      throw FileError.tooLarge(path: input.path, bytes: input.bytes, limit: bytesMaximum)
    }
    var result: [UInt8] = []
    result.reserveCapacity(input.bytes)
    try input.readAll { result.append(contentsOf: $0) }
    return result
  }

  /// Makes the content of a small file equal to this text; it is written only if it differs.
  func write(_ text: String, to name: String) throws {
    let bytes = Array(text.utf8)
    if let old = try? read(name, bytesMaximum: bytes.count), old == bytes { return try sync() }
    try AtomicFile.replace("\(path)/\(name)", mode: 0o664) { try $0.write(bytes) }
  }

  /// Syncs the folder, so that the names in it survive a crash.
  func sync() throws(FileError) {
    // Some file systems have no folders to sync; they say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .cannotWrite(path: path, code: errno)
    }
  }

  /// The names in the folder, at most so many.
  func names(maximum: Int) throws(FileError) -> [String] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw .cannotRead(path: path, code: errno) }
    guard let stream = fdopendir(copy) else {
      let code = errno
      close(copy)
      throw .cannotRead(path: path, code: code)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < maximum, let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Removes a file; one that is not there is no error.
  func remove(_ name: String) { unlinkat(descriptor, name, 0) }

  /// Removes an empty folder; one that is not there or not empty is no error.
  func removeFolder(_ name: String) { unlinkat(descriptor, name, AT_REMOVEDIR) }

  /// Runs `body` while no other process or thread runs it for the same folder.
  func locked<Result>(_ body: () throws -> Result) throws -> Result {
    let lock = openat(descriptor, "lock", O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o664)
    guard lock >= 0 else {
      throw FileError.cannotCreate(path: "\(path)/lock", code: errno)
    }
    defer { close(lock) }
    while flock(lock, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw FileError.cannotWrite(path: "\(path)/lock", code: errno)
      }
    }
    return try body()
  }
}
