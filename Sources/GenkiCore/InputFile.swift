import Glibc

/// A regular file open for reading; closed with its owner.
struct InputFile: ~Copyable {
  let path: String
  let size: Int
  /// What the file is, whatever its name becomes.
  let device: dev_t
  let inode: ino_t
  let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError.reading(path, code: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FileError.cannotRead(path: path, code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError.notARegularFile(path: path)
    }
    size = Int(status.st_size)
    device = status.st_dev
    inode = status.st_ino
  }

  deinit { close(descriptor) }

  /// Fills the buffer as far as the file goes; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw FileError.cannotRead(path: path, code: errno) }
    }
  }
}
