import GenkiHTTP
import Testing

/// Addresses, and that nothing secret is printed.
@Suite struct AddressTests {
  @Test func anAddressHasOriginPathAndQuery() throws {
    let url = try HTTPURL("HTTPS://Hub.Example:443/a/b%20c?x=1&y=2#part")
    #expect("\(url.origin)" == "https://hub.example")
    #expect(url.path == "/a/b%20c")
    #expect(url.query == "x=1&y=2")
    #expect(!url.absolute.contains("#"))
    #expect(try HTTPURL("http://[::1]:8080").origin.description == "http://[::1]:8080")
    #expect(try HTTPURL("http://h").path == "/")
  }

  @Test(arguments: [
    "", "/path", "host/path", "ftp://host/", "file:///etc/passwd", "http://", "http://h:0/",
    "http://h:65536/", "http://h:x/", "http://user@h/", "http://user:hush@h/", "http://h/a b",
    "http://h/\u{1}", "http://h/ü", "javascript:1", "http://[::1/",
  ])
  func whatIsNoAddressIsRefused(text: String) {
    guard case .badURL(let shown, let reason) = HTTPError.thrown(by: { try HTTPURL(text) }) else {
      Issue.record("\(text) was accepted")
      return
    }
    #expect(!reason.contains("hush") && !shown.contains("hush"))
  }

  @Test func aBadAddressShowsItsHostOnly() {
    let error = HTTPError.thrown { try HTTPURL("htps://h:1/key?hush#hush") }
    #expect(error?.what == #"the address "htps://h:1" cannot be used"#)
  }

  @Test func aVeryLongAddressIsRefused() throws {
    let room = HTTPURL.charactersMaximum - "http://h/".utf8.count
    _ = try HTTPURL("http://h/" + String(repeating: "a", count: room))
    #expect(throws: HTTPError.self) {
      try HTTPURL("http://h/" + String(repeating: "a", count: room + 1))
    }
  }

  @Test(arguments: [
    ("/x", "http://h:81/x"), ("x?q", "http://h:81/a/x?q"), ("../x", "http://h:81/x"),
    ("?q=2", "http://h:81/a/b?q=2"), ("//other/x", "http://other/x"),
    ("https://h/x", "https://h/x"), ("http://H:80/x", "http://h/x"),
  ])
  func locationsAreResolved(location: String, result: String) throws {
    let resolved = try HTTPURL("http://h:81/a/b?old=1").resolving(location)
    #expect(
      "\(resolved.origin)\(resolved.path)" == result.split(separator: "?").first.map(String.init))
    #expect(
      resolved.query == (result.contains("?") ? String(result.split(separator: "?")[1]) : nil))
  }

  @Test func nothingSecretIsPrinted() throws {
    var request = HTTPRequest(
      .put, try HTTPURL("https://cdn.example/key/file?Signature=hush"),
      headers: ["X-Api-Key": "hush"], authorization: .bearer("hush"), body: .text("hush"))
    let url = request.url
    var settings = HTTPClientSettings()
    settings.proxy = .url("http://me:hush@proxy:1")
    let errors: [HTTPError] = [
      .cannotConnect(target: request.target, reason: "no"), .cancelled(target: request.target),
      .status(target: request.target, code: 403, excerpt: ""),
    ]
    var texts = ["\(request)", "\(url)", "\(errors)", "\(settings)"]
    texts += [String(reflecting: request), String(reflecting: url), String(reflecting: errors)]
    texts.append(String(reflecting: settings))
    for value in [request, url, errors, settings] as [Any] {
      var text = ""
      dump(value, to: &text)
      texts.append(text)
    }
    for secret in [HTTPAuthorization.basic(user: "me", password: "hush"), .value("hush")] {
      texts += ["\(secret)", String(reflecting: secret), "\([secret])"]
    }
    for text in texts { #expect(!text.contains("hush"), "\(text)") }
    #expect("\(request)" == "PUT https://cdn.example/key/file")
    #expect("\(url)" == "https://cdn.example/key/file?…")
    request.hidesPath = true
    #expect("\(request)" == "PUT https://cdn.example/…")
  }

  @Test(arguments: [
    (HTTPAuthorization.bearer("hf_x\n"), "Bearer hf_x"),
    (.basic(user: "Aladdin", password: "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    (.basic(user: "a", password: ""), "Basic YTo="), (.value("Basic x"), "Basic x"),
  ])
  func authorizationIsSent(authorization: HTTPAuthorization, header: String) throws {
    let server = try ScriptedServer { $1.respond("200 OK") }
    var request = try server.get()
    request.authorization = authorization
    _ = try HTTPClient.quick().send(request)
    #expect(server.requests.first?.headers.values(of: "Authorization") == [header])
  }
}
