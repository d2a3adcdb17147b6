import Glibc

/// A point in time until which something may take.
struct Deadline {
  private let instant: ContinuousClock.Instant?
  private static let secondsMaximum = 1e9

  static let never = Deadline(instant: nil)

  private init(instant: ContinuousClock.Instant?) { self.instant = instant }

  init(seconds: Double) {
    instant = .now + .seconds(min(max(0, seconds), Self.secondsMaximum))
  }

  /// For poll(2): milliseconds left, rounded up; −1 without an end.
  var pollMilliseconds: Int32 {
    guard let instant else { return -1 }
    let left = (instant - .now) / .milliseconds(1)
    return left <= 0 ? 0 : Int32(min(left.rounded(.up), 1e9))
  }
}

/// A connected Unix stream socket that carries lines. It never blocks beyond a deadline.
final class LineSocket {
  let descriptor: Int32
  private let path: String
  private let lineBytesMaximum: Int
  private var input: [UInt8] = []
  /// Bytes at the start of `input` that were handed out already.
  private var taken = 0
  /// Where in `input` the search for a line end goes on.
  private var scanned = 0
  private var hasEnded = false
  private static let chunkBytes = 64 << 10
  private static let receiveBytesMaximum = 1 << 20

  init(path: String, timeoutSeconds: Double, lineBytesMaximum: Int) throws {
    self.path = path
    self.lineBytesMaximum = lineBytesMaximum
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path),
      !bytes.contains(0)
    else { throw RPCClientError.badPath(path: path) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw RPCClientError.unreachable(path: path, code: errno) }
    // connect(2) on a Unix socket waits for room in the listener's queue as long as a send may wait.
    let whole = min(max(0.001, timeoutSeconds), 1e6)
    var limit = timeval(
      tv_sec: Int(whole), tv_usec: Int((whole - whole.rounded(.down)) * 1e6))
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      // All members are set: deinit runs for what is thrown here, and closes.
      let code = errno
      if code == EACCES || code == EPERM { throw RPCClientError.notPermitted(path: path) }
      throw RPCClientError.unreachable(path: path, code: code)
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  deinit { close(descriptor) }

  /// Sends a line. Reads meanwhile, so that two full directions do not wait for each other.
  func write(_ text: String, _ deadline: Deadline) throws {
    let bytes = Array(text.utf8) + [UInt8(ascii: "\n")]
    var offset = 0
    while offset < bytes.count {
      let sent = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset,
          Int32(MSG_NOSIGNAL))
      }
      if sent > 0 {
        offset += sent
        continue
      }
      if errno == EINTR { continue }
      // The peer is gone; what it said before it went is read first.
      guard errno == EAGAIN else { return try finishAfterHangUp() }
      guard try wait(for: Int16(POLLOUT) | Int16(POLLIN), deadline) else {
        throw RPCClientError.timedOut(path: path, method: "sending")
      }
      try checkLength()
      receive()
    }
  }

  /// The next line without its end; nil if the deadline passed.
  func read(_ deadline: Deadline) throws -> [UInt8]? {
    while true {
      if let line = takeLine() { return line }
      if hasEnded { throw RPCClientError.closed(path: path) }
      try checkLength()
      receive()
      if scanned < input.count { continue }
      if hasEnded { continue }
      guard try wait(for: Int16(POLLIN), deadline) else { return nil }
    }
  }

  private func finishAfterHangUp() throws {
    receive()
    if taken == input.count { throw RPCClientError.closed(path: path) }
  }

  private func takeLine() -> [UInt8]? {
    guard scanned < input.count else { return nil }
    let end = input.withUnsafeBytes { bytes -> Int? in
      guard let start = bytes.baseAddress,
        let found = memchr(start + scanned, 0x0A, bytes.count - scanned)
      else { return nil }
      return UnsafeRawPointer(found) - start
    }
    guard let end else {
      scanned = input.count
      return nil
    }
    let line = Array(input[taken..<end])
    taken = end + 1
    scanned = taken
    if taken == input.count || taken > Self.receiveBytesMaximum {
      input.removeSubrange(..<taken)
      taken = 0
      scanned = 0
    }
    return line
  }

  private func checkLength() throws {
    guard input.count - taken <= lineBytesMaximum else {
      throw RPCClientError.badAnswer(
        path: path, why: "more than \(lineBytesMaximum) bytes without an end")
    }
  }

  /// Takes what has come, without waiting and at most so much.
  private func receive() {
    var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
    var received = 0
    while !hasEnded, received < Self.receiveBytesMaximum {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count > 0 {
        input += chunk[..<count]
        received += count
      } else if count == 0 {
        hasEnded = true
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        hasEnded = true
      }
    }
  }

  private func wait(for events: Int16, _ deadline: Deadline) throws -> Bool {
    while true {
      var ready = pollfd(fd: descriptor, events: events, revents: 0)
      let count = poll(&ready, 1, deadline.pollMilliseconds)
      if count > 0 { return true }
      if count == 0 { return false }
      guard errno == EINTR else { throw RPCClientError.unreachable(path: path, code: errno) }
    }
  }
}
