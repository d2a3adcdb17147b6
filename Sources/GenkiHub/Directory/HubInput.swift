import GenkiCore
import Glibc

/// A regular file open for reading, closed with its owner; or a content in memory.
struct HubInput: ~Copyable {
  /// How many bytes are moved at a time.
  static let pieceBytes = 1 << 20

  let path: String
  let bytes: Int
  /// -1 for a content in memory.
  let descriptor: Int32
  private let memory: [UInt8]

  /// Takes over a descriptor; `path` names it in errors.
  init(descriptor: Int32, path: String) throws(FileError) {
    self.descriptor = descriptor
    self.path = path
    memory = []
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .cannotRead(path: path, code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .notARegularFile(path: path)
    }
    bytes = Int(status.st_size)
  }

  /// Opens a file of this machine; symbolic links are followed.
  init(local path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { throw .reading(path, code: errno) }
    self = try HubInput(descriptor: descriptor, path: path)
  }

  /// Opens what is to be uploaded.
  init(_ file: HubFile) throws(FileError) {
    switch file.content {
    case .file(let path): self = try HubInput(local: path)
    case .bytes(let content): self = HubInput(content, name: file.name)
    }
  }

  private init(_ content: [UInt8], name: String) {
    path = name
    bytes = content.count
    descriptor = -1
    memory = content
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Hands the whole content to `body` in pieces; one that is longer or shorter than when it was
  /// opened is an error.
  func readAll(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard descriptor >= 0 else {
      if !memory.isEmpty { try memory.withUnsafeBytes(body) }
      return
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(Self.pieceBytes, bytes + 1), alignment: 64)
    defer { buffer.deallocate() }
    guard lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw FileError.cannotRead(path: path, code: errno)
    }
    var done = 0
    while case let count = try read(into: buffer), count > 0 {
      done += count
      guard done <= bytes else {
        throw FileError.tooLarge(path: path, bytes: done, limit: bytes)
      }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    guard done == bytes else {
      throw FileError.truncated(path: path, bytes: done, expected: bytes)
    }
  }

  /// SHA-256 of the whole content.
  func digest() throws -> ContentDigest {
    var hasher = SHA256Hasher()
    try readAll { hasher.update($0) }
    return hasher.finish()
  }

  /// The id that git gives the whole content.
  func gitBlob() throws -> GitBlobID {
    var hasher = GitBlobID.hasher(bytes: bytes)
    try readAll { hasher.update($0) }
    return GitBlobID(digest: hasher.finish())
  }

  private func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw FileError.cannotRead(path: path, code: errno) }
    }
  }
}
