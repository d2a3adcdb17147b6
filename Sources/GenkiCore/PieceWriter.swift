import Glibc

/// Writes pieces of a file at their places; threads may share it.
public struct PieceWriter: Sendable {
  private let path: String
  private let descriptor: Int32

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Writes bytes from `offset` on.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw FileError.cannotWrite(path: path, code: count == 0 ? EIO : errno)
      }
    }
  }
}
