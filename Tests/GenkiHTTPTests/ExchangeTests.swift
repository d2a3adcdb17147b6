import GenkiHTTP
import Testing

/// Plain requests and their answers.
@Suite struct ExchangeTests {
  @Test func aRequestCarriesMethodHeadersAndBody() throws {
    let server = try ScriptedServer { $1.respond("200 OK", text: "{\"result\":1}") }
    var request = HTTPRequest(
      .post, try server.url("/rpc?x=1"),
      headers: ["Content-Type": "application/json", "X-Empty": ""],
      body: .text("{\"id\":1}"))
    request.headers.add("X-Twice", "a")
    request.headers.add("X-Twice", "b")
    let response = try HTTPClient.quick().send(request)
    #expect(response.status == 200)
    #expect(response.text == "{\"result\":1}")
    #expect(response.bodyByteCount == 12)
    let seen = try #require(server.requests.first)
    #expect(seen.line == "POST /rpc?x=1 HTTP/1.1")
    #expect(seen.body == Array("{\"id\":1}".utf8))
    #expect(seen.headers["content-type"] == "application/json")
    #expect(seen.headers["X-Empty"] == "")
    #expect(seen.headers.values(of: "x-twice") == ["a", "b"])
    #expect(seen.headers["User-Agent"] == "genki-dama")
    #expect(seen.headers["Accept-Encoding"] == "identity")
    #expect(seen.headers["Expect"] == nil)
    #expect(seen.headers["Content-Length"] == "8")
  }

  @Test(arguments: HTTPMethod.allCases) func everyMethodGoesOutAsItself(method: HTTPMethod) throws {
    let server = try ScriptedServer { $1.respond("204 No Content") }
    let response = try HTTPClient.quick().send(HTTPRequest(method, try server.url()))
    #expect(response.status == 204)
    let seen = try #require(server.requests.first)
    #expect(seen.method == method.rawValue)
    #expect(seen.headers["Content-Length"] == ([.post, .put, .patch].contains(method) ? "0" : nil))
    #expect(seen.headers["Content-Type"] == nil)
  }

  @Test func headersOfAnAnswerKeepOrderAndRepeat() throws {
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write(
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
          + "HTTP/1.1 200 OK\r\nLink: a\r\nETag:  \"e\" \r\nlink: b\r\nContent-Length: 0\r\n\r\n")
      connection.waitForHangUp()
    }
    let response = try HTTPClient.quick().send(server.get())
    #expect(response.headers.values(of: "LINK") == ["a", "b"])
    #expect(response.headers["etag"] == "\"e\"")
    #expect(response.headers["X-Early"] == nil)
    #expect(response.body.isEmpty)
  }

  @Test func connectionsAreUsedAgain() throws {
    let server = try ScriptedServer { $1.respond("200 OK", text: $0.path) }
    let client = HTTPClient.quick()
    for number in 0..<5 {
      let response = try client.send(server.get("/\(number)"))
      #expect(response.text == "/\(number)")
      #expect(response.timing.reusedConnection == (number > 0))
    }
    #expect(Set(server.requests.map(\.connection)) == [0])
  }

  @Test(arguments: [("HEAD", "200 OK"), ("GET", "304 Not Modified"), ("GET", "204 No Content")])
  func someAnswersHaveNoBodyWhateverTheirLengthSays(method: String, status: String) throws {
    let server = try ScriptedServer { request, connection in
      let length = status.hasPrefix("204") ? "" : "Content-Length: 999999999999\r\n"
      connection.write("HTTP/1.1 \(status)\r\n\(length)\r\n")
    }
    let client = HTTPClient.quick()
    let request = HTTPRequest(
      try #require(HTTPMethod(rawValue: method)), try server.url(), limits: .body(10))
    for _ in 0..<2 {
      let response = try client.send(request)
      #expect(response.status == Int(status.prefix(3)))
      #expect(response.body.isEmpty)
      #expect(response.bodyByteCount == 0)
    }
    #expect(Set(server.requests.map(\.connection)) == [0])
  }

  @Test func chunkedBodiesAreJoined() throws {
    let server = try ScriptedServer {
      $1.write(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n")
    }
    let response = try HTTPClient.quick().send(server.get())
    #expect(response.text == "abc0123456789")
    #expect(response.headers["X-Trailer"] == nil)
  }

  @Test func aRefusalIsAnAnswerWithItsBody() throws {
    let server = try ScriptedServer {
      $1.respond(
        "404 Not Found", headers: ["X-Error-Code: RepoNotFound"], text: "no\u{1b}[1m\nsuch")
    }
    let response = try HTTPClient.quick().send(server.get("/a?token=hush"))
    #expect(response.status == 404)
    #expect(response.headers["X-Error-Code"] == "RepoNotFound")
    let error = HTTPError.thrown { try response.requireSuccess() }
    #expect(error == .status(target: response.target, code: 404, excerpt: #""no\u{1b}[1m such""#))
    #expect(error?.isTransient == false)
  }

  @Test func aLongRefusalIsCutAndDoesNotReachTheSink() throws {
    let server = try ScriptedServer { request, connection in
      connection.respond("500 No", body: pattern(request.path == "/long" ? 4 << 20 : 200_000))
    }
    let client = HTTPClient.quick()
    for path in ["/short", "/long"] {
      var sunk = 0
      let response = try client.send(server.get(path)) { sunk += $0.count }
      #expect(response.status == 500)
      #expect(response.body == pattern(64 << 10))
      #expect(sunk == 0)
    }
  }

  @Test func aSinkGetsAllBytesOnTheCallersThreadAndProgressIsTold() throws {
    let body = pattern(5 << 20)
    let server = try ScriptedServer { $1.respond("200 OK", body: body) }
    var sunk: [UInt8] = []
    var last: HTTPProgress?
    var heads = 0
    let request = HTTPRequest(.get, try server.url(), limits: .body(body.count))
    let response = try HTTPClient.quick().send(request) {
      last = $0
    } onHead: { _ in
      heads += 1
    } receive: { bytes in
      sunk.append(contentsOf: bytes)
    }
    #expect(sunk == body)
    #expect(response.body.isEmpty)
    #expect(response.bodyByteCount == body.count)
    #expect(heads == 1)
    #expect(last?.received == body.count)
    #expect(last?.receivedTotal == body.count)
  }

  @Test func whatASinkThrowsEndsTheRequest() throws {
    struct Full: Error {}
    let server = try ScriptedServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc")
      connection.waitForHangUp()
    }
    let client = HTTPClient.quick()
    #expect(throws: Full.self) {
      _ = try client.send(server.get()) { _ in throw Full() }
    }
    #expect(throws: Full.self) {
      _ = try client.send(server.get(), onHead: { _ in throw Full() }, receive: { _ in })
    }
  }

  @Test(arguments: [
    "Authorization", "Host", "Content-Length", "Transfer-Encoding", "a b", "X\r\nY",
  ])
  func headersThatAreNotTheCallersAreRefused(name: String) throws {
    let request = HTTPRequest(.get, try HTTPURL("http://127.0.0.1:9/"), headers: [name: "1"])
    guard case .badRequest = HTTPError.thrown(by: { try HTTPClient.quick().send(request) }) else {
      Issue.record("\(name) was accepted")
      return
    }
  }

  @Test func aValueCannotSmuggleAHeader() throws {
    var request = HTTPRequest(.get, try HTTPURL("http://127.0.0.1:9/"), headers: ["X": "1\r\nY: 2"])
    guard case .badRequest = HTTPError.thrown(by: { try HTTPClient.quick().send(request) }) else {
      Issue.record("the value was accepted")
      return
    }
    request.headers = [:]
    request.authorization = .bearer("a\r\nY: 2")
    guard case .badRequest = HTTPError.thrown(by: { try HTTPClient.quick().send(request) }) else {
      Issue.record("the token was accepted")
      return
    }
  }
}
