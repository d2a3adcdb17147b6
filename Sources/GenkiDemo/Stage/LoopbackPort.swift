import Foundation
import GenkiCore

/// Ports of this machine that nobody outside of it can reach.
enum LoopbackPort {
  /// A socket that listens on a free port.
  static func listen() throws -> (descriptor: Int32, port: UInt16) {
    let (descriptor, port) = try bound()
    guard Glibc.listen(descriptor, 64) == 0 else {
      let code = errno
      close(descriptor)
      throw FileError.cannotCreate(path: "a listening socket", code: code)
    }
    return (descriptor, port)
  }

  /// A port that nobody uses now.
  static func free() throws -> UInt16 {
    let (descriptor, port) = try bound()
    close(descriptor)
    return port
  }

  private static func bound() throws -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw FileError.cannotCreate(path: "a socket", code: errno) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> Int32 in
        guard bind(descriptor, generic, length) == 0 else { return errno }
        return getsockname(descriptor, generic, &length) == 0 ? 0 : errno
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw FileError.cannotCreate(path: "a port", code: code)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }
}
