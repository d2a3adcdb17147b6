import Foundation

/// One connection of a small HTTP/1.1 server: reads a request, writes an answer, closes.
struct HTTPSocket {
  /// A request's body and head at most.
  static let requestBytesMaximum = 16 << 20

  let descriptor: Int32

  /// The body of the request; nil if none came whole.
  func readBody() -> [UInt8]? {
    var received: [UInt8] = []
    var bodyStart: Int?
    var bodyCount = 0
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while received.count <= Self.requestBytesMaximum {
      if let bodyStart, received.count >= bodyStart + bodyCount {
        return Array(received[bodyStart..<bodyStart + bodyCount])
      }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      received += buffer[..<count]
      guard bodyStart == nil, let end = Self.headEnd(received) else { continue }
      bodyStart = end
      guard let length = Self.contentLength(received[..<end]) else { return nil }
      bodyCount = length
    }
    return nil
  }

  /// Writes a status and a body; `announced` is what the length is said to be.
  func write(_ status: String, _ headers: [String] = [], body: [UInt8], announced: Int? = nil) {
    let head =
      ["HTTP/1.1 \(status)", "Content-Type: application/json", "Connection: close"] + headers
      + ["Content-Length: \(announced ?? body.count)", "", ""]
    send(Array(head.joined(separator: "\r\n").utf8) + body)
  }

  /// Ends the connection.
  func close() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    Glibc.close(descriptor)
  }

  private func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    let mark: [UInt8] = [13, 10, 13, 10]
    guard bytes.count >= 4 else { return nil }
    return (0...bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == mark }.map { $0 + 4 }
  }

  private static func contentLength(_ head: ArraySlice<UInt8>) -> Int? {
    for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].lowercased() == "content-length" {
        return Int(parts[1].trimmingCharacters(in: .whitespaces))
      }
    }
    return 0
  }
}
