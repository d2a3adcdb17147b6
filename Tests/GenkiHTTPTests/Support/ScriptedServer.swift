import Foundation
import GenkiHTTP
import Glibc

/// A TCP server on a free port of the loopback that plays a script for each connection.
final class ScriptedServer: Sendable {
  typealias Script = @Sendable (ServerConnection) -> Void

  let port: Int
  private let listener: Int32
  private let received = Guarded<[ReceivedRequest]>([])

  /// - Parameter scripts: The nth is for the nth connection, the last for all that follow.
  init(_ scripts: Script...) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 128) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard descriptor >= 0, status else { throw POSIXError(.EADDRNOTAVAIL) }
    listener = descriptor
    port = Int(UInt16(bigEndian: address.sin_port))
    let received = received
    Thread.detachNewThread {
      var index = 0
      while case let connection = accept(descriptor, nil, nil), connection >= 0 {
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        let script = scripts[min(index, scripts.count - 1)]
        let number = index
        index += 1
        Thread.detachNewThread {
          let connection = ServerConnection(connection, index: number) { request in
            received.update { $0.append(request) }
          }
          script(connection)
          connection.close()
        }
      }
      close(descriptor)
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  /// A server that answers every request in the same way.
  convenience init(
    answering answer: @escaping @Sendable (ReceivedRequest, ServerConnection) -> Void
  )
    throws
  {
    try self.init { connection in
      while let request = connection.readRequest() { answer(request, connection) }
    }
  }

  /// A port of the loopback on which nobody listens.
  static func closedPort() throws -> Int {
    let server = try ScriptedServer { _ in }
    let port = server.port
    let client = HTTPClient()
    // The listener is gone once nobody can connect any more.
    _ = consume server
    for _ in 0..<1_000 {
      let url = try HTTPURL("http://127.0.0.1:\(port)/")
      if case .cannotConnect = HTTPError.thrown(by: { try client.send(HTTPRequest(.get, url)) }) {
        break
      }
    }
    return port
  }

  var requests: [ReceivedRequest] { received.withLock { $0 } }

  /// The requests once there are so many; fewer if that takes long.
  func requests(atLeast count: Int) -> [ReceivedRequest] {
    _ = received.wait(until: Monotonic.seconds + 20) { $0.count >= count ? true : nil }
    return requests
  }

  func url(_ path: String = "/") throws -> HTTPURL {
    try HTTPURL("http://127.0.0.1:\(port)\(path)")
  }

  func get(_ path: String = "/") throws -> HTTPRequest { HTTPRequest(.get, try url(path)) }
}

extension HTTPError {
  /// The error that a body throws, if it is one of these.
  static func thrown(by body: () throws -> some Any) -> HTTPError? {
    do {
      _ = try body()
    } catch {
      return error as? HTTPError
    }
    return nil
  }
}

extension HTTPClient {
  /// A client that knows no proxies and gives up soon.
  static func quick(_ change: (inout HTTPClientSettings) -> Void = { _ in }) -> HTTPClient {
    var settings = HTTPClientSettings()
    settings.proxy = .none
    settings.timeouts = HTTPTimeouts(
      connectSeconds: 5, idleSeconds: 20, slowBytesPerSecond: 0, slowSeconds: 20)
    change(&settings)
    return HTTPClient(settings)
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}

/// Bytes that differ from place to place.
func pattern(_ count: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count)
  while bytes.count < count { bytes += patternPeriod.prefix(count - bytes.count) }
  return bytes
}

/// Its length shares no factor with the sizes of buffers.
private let patternPeriod = (0..<2_039).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
