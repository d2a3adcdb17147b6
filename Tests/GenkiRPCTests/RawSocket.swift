import Glibc

/// A peer without manners: sends any bytes, reads when it likes. It never blocks for long.
final class RawSocket {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let descriptor: Int32
  private var input: [UInt8] = []
  private(set) var hasEnded = false
  private static let millisecondsMaximum: Int32 = 20_000

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else { throw Failure(description: "connect: \(errno)") }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  deinit { close(descriptor) }

  /// Sends what the kernel takes at once, and says how much that was; −1 if the peer is gone.
  func push(_ bytes: some Collection<UInt8>) -> Int {
    let count = Array(bytes).withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    return count >= 0 ? count : errno == EAGAIN ? 0 : -1
  }

  /// Sends all, reading meanwhile; false if the peer has closed.
  @discardableResult
  func send(_ bytes: [UInt8]) throws -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = push(rest.prefix(1 << 16))
      if count < 0 { return false }
      rest = rest.dropFirst(count)
      if count == 0 { try wait(Int16(POLLOUT) | Int16(POLLIN)) }
      take()
    }
    return true
  }

  @discardableResult
  func send(_ text: String) throws -> Bool { try send(Array(text.utf8)) }

  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The next line; nil if the peer has closed.
  func line() throws -> String? {
    while true {
      if let end = input.firstIndex(of: 0x0A) {
        let line = String(decoding: input[..<end], as: UTF8.self)
        input.removeSubrange(...end)
        return line
      }
      if hasEnded { return nil }
      try wait(Int16(POLLIN))
      take()
    }
  }

  /// Reads until the text has come; false if the peer closed before. What came is forgotten.
  func skip(to marker: String) throws -> Bool {
    let marker = Array(marker.utf8)
    while true {
      if Self.holds(input, marker) {
        input = []
        return true
      }
      if hasEnded { return false }
      input = input.suffix(marker.count)
      try wait(Int16(POLLIN))
      take()
    }
  }

  private static func holds(_ bytes: [UInt8], _ marker: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, let first = marker.first else { return false }
      var offset = 0
      while let found = memchr(start + offset, Int32(first), bytes.count - offset) {
        offset = UnsafeRawPointer(found) - start
        guard offset + marker.count <= bytes.count else { return false }
        if memcmp(start + offset, marker, marker.count) == 0 { return true }
        offset += 1
      }
      return false
    }
  }

  private func take() {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while !hasEnded {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count > 0 {
        input += chunk[..<count]
      } else if count == 0 || errno != EAGAIN {
        hasEnded = true
      } else {
        return
      }
    }
  }

  private func wait(_ events: Int16) throws {
    var ready = pollfd(fd: descriptor, events: events, revents: 0)
    guard poll(&ready, 1, Self.millisecondsMaximum) > 0 else {
      throw Failure(description: "nothing for \(Self.millisecondsMaximum) ms")
    }
  }
}
