import GenkiCore
import Glibc

/// The beginning of a file that is being downloaded, hashed as far as it goes. It outlives the process.
final class PartialFile {
  let path: String
  private let entry: HubEntry
  private let descriptor: Int32
  private var hasher: Hasher
  /// How many bytes are there.
  private(set) var bytes = 0

  private enum Hasher: ~Copyable {
    case sha256(SHA256Hasher)
    case git(SHA1Hasher)

    init(_ entry: HubEntry) {
      self =
        entry.digest != nil ? .sha256(SHA256Hasher()) : .git(GitBlobID.hasher(bytes: entry.bytes))
    }

    mutating func update(_ piece: UnsafeRawBufferPointer) {
      switch consume self {
      case .sha256(var hasher):
        hasher.update(piece)
        self = .sha256(hasher)
      case .git(var hasher):
        hasher.update(piece)
        self = .git(hasher)
      }
    }

    /// Whether the content has the hash that was stated; the hasher takes no more.
    mutating func matches(_ entry: HubEntry) -> Bool {
      switch consume self {
      case .sha256(var hasher):
        let digest = hasher.finish()
        self = .sha256(hasher)
        return digest == entry.digest
      case .git(var hasher):
        let blob = GitBlobID(digest: hasher.finish())
        self = .git(hasher)
        return blob == entry.gitBlob
      }
    }
  }

  /// Opens what is there of a file, or begins it.
  init(path: String, entry: HubEntry) throws {
    self.path = path
    self.entry = entry
    hasher = Hasher(entry)
    descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError.cannotCreate(path: path, code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError.notARegularFile(path: path)
    }
    if Int(status.st_size) <= entry.bytes {
      try absorb(Int(status.st_size))
    } else {
      try restart()
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Hashes what an earlier process has left.
  private func absorb(_ present: Int) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: HubInput.pieceBytes, alignment: 64)
    defer { buffer.deallocate() }
    while bytes < present {
      let count = pread(
        descriptor, buffer.baseAddress, min(buffer.count, present - bytes), bytes)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError.cannotRead(path: path, code: count < 0 ? errno : EIO) }
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      bytes += count
    }
  }

  /// Appends bytes of the file.
  func append(_ piece: UnsafeRawBufferPointer) throws {
    var rest = piece[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let count = pwrite(descriptor, part.baseAddress, part.count, bytes + piece.count - rest.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        throw FileError.cannotWrite(path: path, code: count == 0 ? EIO : errno)
      }
    }
    hasher.update(piece)
    bytes += piece.count
  }

  /// Drops what is there.
  func restart() throws {
    guard ftruncate(descriptor, 0) == 0 else {
      throw FileError.cannotWrite(path: path, code: errno)
    }
    bytes = 0
    hasher = Hasher(entry)
  }

  /// Whether it is whole and has the hash that the hub stated.
  func isRight() throws -> Bool {
    guard bytes == entry.bytes else { return false }
    return hasher.matches(entry)
  }

  /// Gives the whole file its name.
  func finish(as target: String) throws {
    guard fsync(descriptor) == 0 else { throw FileError.cannotWrite(path: path, code: errno) }
    guard rename(path, target) == 0 else {
      throw FileError.cannotCreate(path: target, code: errno)
    }
    try AtomicFile.syncFolder(ofFile: target)
  }

  /// Removes it.
  func remove() { unlink(path) }
}
