import GenkiHTTP
import Testing

/// Which redirects are followed, and what goes along.
@Suite struct RedirectTests {
  private func next(
    _ status: Int, _ location: String?, _ method: HTTPMethod = .get,
    from url: String = "https://hub.example/a/b", redirects: HTTPRedirects = .follow,
    followed: Int = 0
  ) throws -> HTTPRequest? {
    let request = HTTPRequest(
      method, try HTTPURL(url),
      headers: ["Content-Type": "text/plain", "X-Other": "1", "Cookie": "c"],
      authorization: .bearer("hush"), body: method == .get ? .none : .text("body"),
      redirects: redirects)
    var headers = HTTPHeaders()
    headers["Location"] = location
    return try RedirectPolicy.next(
      after: HTTPHead(status: status, headers: headers, url: request.url), of: request,
      followed: followed, maximum: 3)
  }

  @Test(arguments: [200, 201, 300, 304, 305, 306, 404])
  func onlyFiveStatusesRedirect(status: Int) throws {
    #expect(try next(status, "/x") == nil)
    #expect(try next(307, nil) == nil)
  }

  @Test(arguments: [
    (301, HTTPMethod.post, HTTPMethod.get), (302, .post, .get), (303, .post, .get),
    (303, .put, .get), (303, .head, .head), (301, .head, .head), (302, .put, .put),
    (301, .delete, .delete), (307, .post, .post), (308, .post, .post), (307, .put, .put),
  ])
  func methodsChangeByTheRules(status: Int, before: HTTPMethod, after: HTTPMethod) throws {
    let request = try #require(try next(status, "/x", before))
    #expect(request.method == after)
    let keeps = before == after
    #expect(request.body == (keeps ? .text("body") : .none))
    #expect(request.headers["Content-Type"] == (keeps ? "text/plain" : nil))
    #expect(request.headers["X-Other"] == "1")
  }

  @Test(arguments: [
    ("/x", true), ("https://hub.example:443/x", true), ("https://HUB.example/x", true),
    ("//cdn.example/x", false), ("https://hub.example:8443/x", false),
    ("https://hub.example.evil/x", false), ("https://hub.example./x", false),
  ])
  func secretsStayAtTheOrigin(location: String, stays: Bool) throws {
    let request = try #require(try next(302, location))
    #expect((request.authorization != nil) == stays)
    #expect((request.headers["Cookie"] != nil) == stays)
    // The mode that stays at home makes anything else the answer.
    #expect((try next(302, location, redirects: .sameOrigin) != nil) == stays)
    #expect(try next(302, location, redirects: .none) == nil)
  }

  @Test(arguments: [
    "http://hub.example/x", "ftp://hub.example/x", "file:///etc/passwd",
    "https://user@hub.example/",
    "https://:@", "http://hub.example:443/x", "/a b",
  ])
  func someRedirectsAreRefused(location: String) {
    guard case .redirectRefused = HTTPError.thrown(by: { try next(302, location) }) else {
      Issue.record("\(location) was followed")
      return
    }
  }

  @Test func theNumberIsBounded() throws {
    #expect(try next(302, "/x", followed: 2) != nil)
    guard case .redirectRefused = HTTPError.thrown(by: { try next(302, "/x", followed: 3) }) else {
      Issue.record("a fourth was followed")
      return
    }
  }

  @Test func fromHTTPToHTTPSIsAnotherOrigin() throws {
    let request = try #require(try next(302, "https://hub.example/x", from: "http://hub.example/"))
    #expect(request.authorization == nil)
  }

  // MARK: - On the wire

  @Test func aTokenNeverReachesAnotherPort() throws {
    let other = try ScriptedServer { request, connection in
      // Back to the first one: the token must not come back either.
      let home = request.headers["X-Home"] ?? ""
      connection.respond("302 Found", headers: ["Location: http://127.0.0.1:\(home)/end"])
    }
    let home = try ScriptedServer { [port = other.port] request, connection in
      switch request.path {
      case "/start": connection.respond("301 Moved", headers: ["Location: next"], text: "moved")
      case "/next":
        connection.respond("302 Found", headers: ["Location: http://127.0.0.1:\(port)/o"])
      default: connection.respond("200 OK", text: "here")
      }
    }
    var request = try home.get("/start")
    request.authorization = .bearer("hush")
    request.headers["X-Home"] = "\(home.port)"
    var sunk: [UInt8] = []
    var heads: [Int] = []
    let response = try HTTPClient.quick().send(
      request, onHead: { heads.append($0.status) }, receive: { sunk.append(contentsOf: $0) })
    #expect(response.url.absolute == (try home.url("/end").absolute))
    #expect(sunk == Array("here".utf8))
    #expect(heads == [200])
    #expect(home.requests.map(\.path) == ["/start", "/next", "/end"])
    #expect(
      home.requests.map { $0.headers["Authorization"] } == ["Bearer hush", "Bearer hush", nil])
    #expect(other.requests.map { $0.headers["Authorization"] } == [nil])
  }

  @Test func aLoopEnds() throws {
    let server = try ScriptedServer { $1.respond("307 Again", headers: ["Location: /"]) }
    let client = HTTPClient.quick { $0.redirectsMaximum = 4 }
    guard case .redirectRefused = HTTPError.thrown(by: { try client.send(server.get()) }) else {
      Issue.record("it went on")
      return
    }
    #expect(server.requests.count == 5)
  }

  @Test func aBodyGoesAlongWith307() throws {
    let folder = pattern(3_000)
    let server = try ScriptedServer { request, connection in
      if request.path == "/" {
        connection.respond("307 There", headers: ["Location: /there"])
      } else {
        connection.respond("200 OK", body: request.body)
      }
    }
    let request = HTTPRequest(.post, try server.url(), body: .bytes(folder))
    #expect(try HTTPClient.quick().send(request).body == folder)
    #expect(server.requests.map(\.method) == ["POST", "POST"])
  }

  @Test func withoutFollowingTheRedirectIsTheAnswer() throws {
    let server = try ScriptedServer {
      $1.respond(
        "302 Found", headers: ["Location: https://cdn.example/x?sig=1", "X-Linked-Size: 9"])
    }
    var request = HTTPRequest(.head, try server.url())
    request.redirects = .sameOrigin
    let response = try HTTPClient.quick().send(request)
    #expect(response.status == 302)
    #expect(response.headers["x-linked-size"] == "9")
    #expect(response.headers["Location"] == "https://cdn.example/x?sig=1")
  }
}
