import Foundation
import GenkiCore

/// What is written into a command's standard input.
enum StandardInput {
  /// What errors call it.
  static let name = "standard input"
  private static let chunkBytes = 1 << 16

  /// All bytes to the end; of a longer input some bytes more than the limit.
  static func bytes(limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: chunkBytes)
    while bytes.count <= limit {
      let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError.cannotRead(path: name, code: errno) }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}
