import GenkiHTTP
import Testing

/// Answers that are cut, too large, too slow or no HTTP.
@Suite struct HostileServerTests {
  private func error(
    _ request: HTTPRequest, _ client: HTTPClient = .quick()
  ) -> HTTPError? {
    HTTPError.thrown { try client.send(request) }
  }

  @Test(arguments: [false, true]) func aCutBodyIsAnInterruption(byReset: Bool) throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
      if byReset {
        // The client must have the bytes before the reset throws them away.
        _ = connection.waitForHangUp(milliseconds: 50)
        connection.reset()
      }
    }
    let error = error(try server.get())
    guard case .interrupted(_, 5, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.isTransient == true)
  }

  @Test func aCutChunkIsAnInterruption() throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabc")
    }
    guard case .interrupted(_, 3, _) = error(try server.get()) else {
      Issue.record("not an interruption")
      return
    }
  }

  @Test func silenceAfterTheRequestIsAnInterruption() throws {
    let server = try ScriptedServer { connection in _ = connection.readRequest() }
    guard case .interrupted(_, 0, _) = error(try server.get()) else {
      Issue.record("not an interruption")
      return
    }
  }

  @Test(arguments: [
    "HELLO\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n", "HTTP/1.1 700 X\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab",
    "HTTP/1.1 200 OK\r\nX: a\u{1}b\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
  ])
  func whatIsNoValidHeadIsABadResponse(head: String) throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write(head)
    }
    let error = error(try server.get())
    guard case .badResponse = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.isTransient == false)
  }

  @Test func aBodyAtTheLimitPassesAndOneByteMoreIsRefusedByItsLength() throws {
    let server = try ScriptedServer { request, connection in
      connection.respond("200 OK", body: pattern(request.path == "/more" ? 1_001 : 1_000))
    }
    var request = try server.get("/limit")
    request.limits = .body(1_000)
    #expect(try HTTPClient.quick().send(request).body == pattern(1_000))
    request.url = try server.url("/more")
    #expect(
      error(request)
        == .tooLarge(
          target: request.target, part: .body, bytes: 1_001, limit: 1_000))
  }

  @Test func anEndlessChunkedBodyIsRefusedWhileItStreams() throws {
    let chunk = Array("1000\r\n".utf8) + pattern(4_096) + Array("\r\n".utf8)
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      while connection.write(chunk) {}
    }
    var request = try server.get()
    request.limits = .body(300_000)
    #expect(
      error(request)
        == .tooLarge(target: request.target, part: .body, bytes: nil, limit: 300_000))
    // What was within the limit has reached the sink before.
    var sunk = 0
    _ = HTTPError.thrown { try HTTPClient.quick().send(request) { sunk += $0.count } }
    #expect(sunk <= 300_000)
  }

  @Test(arguments: ["X-A: 0123456789\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
  func endlessHeadersAreRefused(line: String) throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      if line.hasPrefix("X") { connection.write("HTTP/1.1 200 OK\r\n") }
      while connection.write(line) {}
    }
    var request = try server.get()
    request.limits.headerCount = .max
    request.limits.headerBytes = 5_000
    #expect(
      error(request)
        == .tooLarge(target: request.target, part: .headers, bytes: nil, limit: 5_000))
    request.limits.headerCount = 50
    guard case .badResponse = error(request) else {
      Issue.record("51 lines passed")
      return
    }
  }

  @Test func endlessTrailersAreRefused() throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n")
      while connection.write("X: 0123456789\r\n") {}
    }
    let error = error(try server.get())
    switch error {
    case .tooLarge(_, .headers, _, _), .badResponse: break
    default: Issue.record("\(String(describing: error))")
    }
  }

  // MARK: - Time

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"])
  func aStalledServerTimesOut(sent: String) throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write(sent)
      connection.waitForHangUp()
    }
    var request = try server.get()
    request.timeouts = HTTPTimeouts(idleSeconds: 0.2)
    let start = Monotonic.seconds
    #expect(
      error(request)
        == .timedOut(
          target: request.target, limit: .idle, seconds: 0.2, received: sent.isEmpty ? 0 : 3))
    #expect(Monotonic.seconds - start >= 0.2)
    #expect(Monotonic.seconds - start < 10)
  }

  private static let drip: ScriptedServer.Script = { connection in
    _ = connection.readRequest()
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in 0..<1_000 {
      guard connection.write("x"), !connection.waitForHangUp(milliseconds: 10) else { return }
    }
  }

  @Test func aDripIsTooSlow() throws {
    let server = try ScriptedServer(Self.drip)
    var request = try server.get()
    request.timeouts = HTTPTimeouts(idleSeconds: 20, slowBytesPerSecond: 1_000, slowSeconds: 0.2)
    guard case .timedOut(_, .slow(1_000), 0.2, _) = error(request) else {
      Issue.record("it was fast enough")
      return
    }
  }

  @Test func aDripReachesTheTotal() throws {
    let server = try ScriptedServer(Self.drip)
    var request = try server.get()
    request.totalSeconds = 0.2
    guard case .timedOut(_, .total, 0.2, _) = error(request) else {
      Issue.record("it took as long as it liked")
      return
    }
  }

  @Test func aLongThoughtIsNoSlowBody() throws {
    let server = try ScriptedServer { request, connection in
      guard !connection.waitForHangUp(milliseconds: 400) else { return }
      connection.respond("200 OK", text: "at last")
    }
    var request = try server.get()
    request.timeouts = HTTPTimeouts(idleSeconds: 20, slowBytesPerSecond: 1_000, slowSeconds: 0.1)
    #expect(try HTTPClient.quick().send(request).text == "at last")
  }

  @Test func aSlowSinkIsNotTheServersFault() throws {
    let body = pattern(8 << 20)
    let server = try ScriptedServer { $1.respond("200 OK", body: body) }
    var request = HTTPRequest(.get, try server.url(), limits: .body(body.count))
    request.timeouts = HTTPTimeouts(idleSeconds: 0.2, slowBytesPerSecond: 1_000, slowSeconds: 0.2)
    var sunk: [UInt8] = []
    _ = try HTTPClient.quick().send(request) { bytes in
      if sunk.isEmpty {
        SystemHTTPClock().wait(seconds: 0.6, unless: [])
      }
      sunk.append(contentsOf: bytes)
    }
    #expect(sunk == body)
  }

  @Test func nobodyListensThere() throws {
    let port = try ScriptedServer.closedPort()
    let error = error(HTTPRequest(.post, try HTTPURL("http://127.0.0.1:\(port)/x?key=hush")))
    guard case .cannotConnect = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let text = "\(error.map { "\($0)" } ?? "")"
    #expect(text.contains("127.0.0.1:\(port)") && !text.contains("hush"))
  }

  @Test func aServerThatNeverAgreesOnTLSIsNoConnection() throws {
    let server = try ScriptedServer { $0.waitForHangUp() }
    var request = HTTPRequest(.post, try HTTPURL("https://127.0.0.1:\(server.port)/"))
    request.timeouts = HTTPTimeouts(connectSeconds: 0.2, idleSeconds: 20)
    let start = Monotonic.seconds
    let error = error(request)
    guard case .cannotConnect = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(Monotonic.seconds - start < 10)
  }

  @Test func aHostThatDoesNotExist() throws {
    let error = error(HTTPRequest(.get, try HTTPURL("http://genki.invalid/")))
    guard case .cannotConnect = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
