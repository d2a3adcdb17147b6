import Foundation
import GenkiHTTP
import Glibc

/// What a scripted server read.
struct ReceivedRequest: Sendable {
  let line: String
  let headers: HTTPHeaders
  let body: [UInt8]
  /// Which connection it came on, from 0.
  let connection: Int

  var path: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
  var method: String { line.split(separator: " ").first.map(String.init) ?? "" }
}

/// One connection of a scripted server: raw bytes, on the script's own thread.
final class ServerConnection {
  let index: Int
  private let descriptor: Int32
  private let onRequest: (ReceivedRequest) -> Void
  private var input: [UInt8] = []

  init(_ descriptor: Int32, index: Int, onRequest: @escaping (ReceivedRequest) -> Void) {
    self.descriptor = descriptor
    self.index = index
    self.onRequest = onRequest
  }

  /// The next request with its body; nil once the client has hung up.
  @discardableResult
  func readRequest() -> ReceivedRequest? {
    let end = Array("\r\n\r\n".utf8)
    var headEnd: Range<Int>?
    while headEnd == nil {
      headEnd = input.firstRange(of: end)
      if headEnd == nil, !receive() { return nil }
    }
    guard let headEnd else { return nil }
    let head = String(decoding: input[..<headEnd.lowerBound], as: UTF8.self)
    input.removeSubrange(..<headEnd.upperBound)
    let lines = head.components(separatedBy: "\r\n")
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers.add(String(parts[0]), parts.count > 1 ? parts[1].trimmingPrefix(" ").description : "")
    }
    if headers["Expect"] != nil { write("HTTP/1.1 100 Continue\r\n\r\n") }
    let length = headers["Content-Length"].flatMap(Int.init) ?? 0
    while input.count < length { guard receive() else { return nil } }
    let request = ReceivedRequest(
      line: lines[0], headers: headers, body: Array(input[..<length]), connection: index)
    input.removeSubrange(..<length)
    onRequest(request)
    return request
  }

  /// Reads a request up to its body and asks for none.
  func waitForRequestHead() {
    while input.firstRange(of: Array("\r\n\r\n".utf8)) == nil { guard receive() else { return } }
  }

  /// Writes all; false if the client has hung up.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// A whole answer with its length.
  func respond(_ status: String, headers: [String] = [], body: [UInt8] = []) {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers
    write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
  }

  func respond(_ status: String, headers: [String] = [], text: String) {
    respond(status, headers: headers, body: Array(text.utf8))
  }

  /// Returns when the client has hung up, or so much time has passed.
  @discardableResult
  func waitForHangUp(milliseconds: Int32 = 20_000) -> Bool {
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&ready, 1, milliseconds) > 0 {
      if !receive() { return true }
    }
    return false
  }

  /// Ends the connection in a way that the client sees as an error.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  private var isClosed = false

  func close() {
    if !isClosed { Glibc.close(descriptor) }
    isClosed = true
  }

  private func receive() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    input += chunk[..<count]
    return true
  }
}
