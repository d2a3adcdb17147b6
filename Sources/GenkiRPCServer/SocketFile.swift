import Glibc

/// The name of a listening socket in the file system, as long as it is ours.
struct SocketFile: Sendable {
  let path: String
  private let device: dev_t
  private let inode: ino_t

  private static let mode: mode_t = 0o660
  private static let folderMode: mode_t = 0o755
  private static let groupBufferBytes = 16 << 10

  /// Binds a socket with mode 0660 and, if it exists and we may, a group. Nobody can connect before
  /// the mode is set, because the socket does not listen yet.
  static func bind(_ path: String, group: String) throws -> (descriptor: Int32, file: SocketFile) {
    guard var address = address(path) else {
      throw RPCServerError.pathTooLong(path: path, limit: pathBytesMaximum)
    }
    try makeFolder(of: path)
    try clear(path, &address)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    guard descriptor >= 0 else {
      throw RPCServerError.refused(path: path, operation: "socket", code: errno)
    }
    do {
      guard withAddress(&address, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
        let code = errno
        if code == EADDRINUSE { throw RPCServerError.inUse(path: path) }
        throw RPCServerError.refused(path: path, operation: "bind", code: code)
      }
      guard chmod(path, mode) == 0 else {
        throw RPCServerError.refused(path: path, operation: "chmod", code: errno)
      }
      // Without the group, or without the right to give it away, the daemon's own group stays.
      if let identifier = groupIdentifier(group) { _ = chown(path, uid_t.max, identifier) }
      var status = stat()
      guard lstat(path, &status) == 0 else {
        throw RPCServerError.refused(path: path, operation: "stat", code: errno)
      }
      let file = SocketFile(path: path, device: status.st_dev, inode: status.st_ino)
      return (descriptor, file)
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Removes the name, unless another process has replaced it meanwhile.
  func remove() {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
    unlink(path)
  }

  private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
  private static let pathBytesMaximum = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// Makes way: removes the socket of a process that is gone, refuses anything else.
  private static func clear(_ path: String, _ address: inout sockaddr_un) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw RPCServerError.refused(path: path, operation: "stat", code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw RPCServerError.notASocket(path: path) }
    let type = Int32(SOCK_STREAM.rawValue) | closeOnExec | Int32(SOCK_NONBLOCK.rawValue)
    let probe = socket(AF_UNIX, type, 0)
    guard probe >= 0 else {
      throw RPCServerError.refused(path: path, operation: "socket", code: errno)
    }
    defer { close(probe) }
    let answer = withAddress(&address) { connect(probe, $0, $1) }
    let code = errno
    // EAGAIN: it listens, but its queue is full.
    if answer == 0 || code == EAGAIN { throw RPCServerError.inUse(path: path) }
    guard code == ECONNREFUSED else {
      throw RPCServerError.refused(path: path, operation: "connect", code: code)
    }
    unlink(path)
  }

  private static func makeFolder(of path: String) throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    guard mkdir(folder, folderMode) == 0 || errno == EEXIST else {
      throw RPCServerError.refused(path: path, operation: "mkdir \(folder)", code: errno)
    }
  }

  private static func groupIdentifier(_ name: String) -> gid_t? {
    var entry = group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: groupBufferBytes)
    guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      return nil
    }
    return entry.gr_gid
  }

  private static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count <= pathBytesMaximum, !bytes.contains(0) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }

  private static func withAddress(
    _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
