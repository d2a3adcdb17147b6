import Glibc

/// Appends bytes to an open file through a buffer.
public struct FileWriter {
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferBytes = 1 << 16

  /// The number of bytes written, buffered ones included.
  public private(set) var byteCount = 0

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
    buffer.reserveCapacity(Self.bufferBytes)
  }

  /// Appends bytes.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    byteCount += bytes.count
    if buffer.count + bytes.count > Self.bufferBytes { try flush() }
    if bytes.count >= Self.bufferBytes {
      try writeAll(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  /// Appends bytes.
  public mutating func write(_ bytes: some Collection<UInt8>) throws {
    let done: Void? = try bytes.withContiguousStorageIfAvailable {
      try write(UnsafeRawBufferPointer($0))
    }
    if done == nil { try Array(bytes).withUnsafeBytes { try write($0) } }
  }

  /// Appends text as UTF-8.
  public mutating func write(_ text: String) throws { try write(text.utf8) }

  /// Hands buffered bytes to the system.
  mutating func flush() throws {
    try buffer.withUnsafeBytes { try writeAll($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        throw FileError.cannotWrite(path: path, code: count == 0 ? EIO : errno)
      }
    }
  }
}
