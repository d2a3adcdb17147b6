import Foundation
import Glibc
import Synchronization

/// A socket of the loopback that hands each connection to a thread of its own.
final class StandInListener: Sendable {
  let port: Int
  private let descriptor: Int32
  private let isClosed = Atomic<Bool>(false)

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 1_024) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard descriptor >= 0, isOpen else { throw POSIXError(.EADDRNOTAVAIL) }
    self.descriptor = descriptor
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  func serve(_ body: @escaping @Sendable (StandInConnection) -> Void) {
    let descriptor = descriptor
    let accepting = Thread {
      while case let connection = accept(descriptor, nil, nil), connection >= 0 {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        let serving = Thread {
          let connection = StandInConnection(connection)
          body(connection)
          connection.close()
        }
        serving.stackSize = 512 << 10
        serving.start()
      }
      Glibc.close(descriptor)
    }
    accepting.stackSize = 512 << 10
    accepting.start()
  }

  func close() {
    if !isClosed.exchange(true, ordering: .acquiringAndReleasing) {
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
  }
}

/// One connection, on a thread of its own.
final class StandInConnection {
  private let descriptor: Int32
  private var input: [UInt8] = []
  private var isClosed = false
  /// Told how many bytes the system has taken.
  var onSent: (Int) -> Void = { _ in }

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    // The body does not wait for the head's receipt.
    var isOn: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
    // Little is sent that nobody wants.
    var bytes = Int32(64 << 10)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The next request with its body; nil once the client has hung up.
  func readRequest(_ host: StandInHub.Host) -> StandInHub.Request? {
    let end = Array("\r\n\r\n".utf8)
    var searched = 0
    var headEnd: Range<Int>?
    while true {
      headEnd = input[searched...].firstRange(of: end)
      if headEnd != nil { break }
      searched = max(0, input.count - end.count)
      guard receive() else { return nil }
    }
    guard let headEnd else { return nil }
    let head = String(decoding: input[..<headEnd.lowerBound], as: UTF8.self)
    input.removeSubrange(..<headEnd.upperBound)
    let lines = head.components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    if headers["expect"] != nil { write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)[...]) }
    let length = headers["content-length"].flatMap(Int.init) ?? 0
    while input.count < length { guard receive() else { return nil } }
    let body = Array(input[..<length])
    input.removeSubrange(..<length)
    return StandInHub.Request(
      host: host, method: String(words[0]), target: String(words[1]), headers: headers, body: body)
  }

  /// Status line and headers; without a length the body ends with the connection.
  func head(_ answer: StandInAnswer, length: Int?, to request: StandInHub.Request) {
    var lines = ["HTTP/1.1 \(answer.status) Word"] + answer.headers
    if let length { lines.append("Content-Length: \(length)") }
    write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)[...])
  }

  /// A whole answer.
  func respond(
    _ status: Int, headers: [String], body: [UInt8], to request: StandInHub.Request
  ) {
    head(StandInAnswer(status: status, headers: headers), length: body.count, to: request)
    if request.method != "HEAD" { write(body[...]) }
  }

  /// Writes all; false if the client has hung up.
  @discardableResult
  func write(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      onSent(count)
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Returns when the client has hung up, or when it has said nothing for so long.
  ///
  /// - Returns: Whether it has hung up.
  @discardableResult
  func waitForHangUp(milliseconds: Int32 = 60_000) -> Bool {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&ready, 1, milliseconds) > 0 { guard receive() else { return true } }
    return false
  }

  /// Ends the connection in a way that the client sees as an error.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  func close() {
    if !isClosed { Glibc.close(descriptor) }
    isClosed = true
  }

  private func receive() -> Bool {
    let size = 256 << 10
    var count = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      count = recv(descriptor, buffer.baseAddress, size, 0)
      filled = max(0, count)
    }
    guard count > 0 else { return false }
    input += chunk
    return true
  }
}
