import Foundation
import GenkiChain

/// Reads a password or another secret that a file or another program provides: its first line.
public enum SecretReader {
  /// The longest line that is read.
  public static let bytesMax = 4096

  /// Who else may reach a secret's file.
  public enum Exposure: Sendable {
    /// Nobody; pipes are fine, too.
    case ownerOnly
    /// Nobody, and it must be a regular file: a start must not wait for a writer.
    case ownerOnlyFile
    /// A file of systemd's credentials: the service manager lets the daemon's user in by an access
    /// list, whose mask shows as the group's bits, and nobody else into the folder.
    case credential
    /// Others, too: a file that another program keeps as it likes.
    case anybody
  }

  /// The first line of a file, without its line end.
  ///
  /// - Throws: `WalletError.exposed` if others can reach it.
  public static func read(path: String, exposure: Exposure = .ownerOnly) throws -> SecretBytes {
    let waits = exposure == .ownerOnly ? 0 : O_NONBLOCK
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | waits)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw SecretError.missing(path: path) }
      throw WalletError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw WalletError.unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    guard isFile || exposure == .ownerOnly else { throw WalletError.notAFile(path: path) }
    let forbidden: mode_t =
      switch exposure {
      case .ownerOnly, .ownerOnlyFile: 0o077
      case .credential: 0o037
      case .anybody: 0
      }
    if isFile, status.st_mode & forbidden != 0 {
      throw WalletError.exposed(path: path, mode: status.st_mode)
    }
    return try read(descriptor: descriptor, source: path)
  }

  /// The first line of what a descriptor gives, without its line end.
  public static func read(descriptor: Int32, source: String) throws -> SecretBytes {
    var count = 0
    // One byte more than the longest line with its end, to see that there is more.
    let limit = bytesMax + 2
    let bytes = try SecretBytes(count: limit) { output in
      while count < limit {
        let got = Foundation.read(descriptor, output + count, limit - count)
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else {
          throw WalletError.unreadable(path: source, reason: String(cString: strerror(errno)))
        }
        if got == 0 { break }
        let fresh = UnsafeBufferPointer(start: output + count, count: got)
        count += got
        if fresh.contains(UInt8(ascii: "\n")) { break }
      }
    }
    return try bytes.withBytes { bytes in
      var line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      guard line.count <= bytesMax else {
        throw SecretError.unusable(source: source, reason: "it is longer than \(bytesMax) bytes")
      }
      return SecretBytes(copying: line)
    }
  }
}
