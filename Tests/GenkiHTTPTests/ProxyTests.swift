import Foundation
import GenkiHTTP
import Testing

/// The way out, as configured or as the environment says.
@Suite struct ProxyTests {
  private static let marker = "GENKI_TEST_BEHIND_PROXY"

  private func proxy() throws -> ScriptedServer {
    try ScriptedServer { $1.respond("200 OK", text: "by proxy") }
  }

  @Test func aConfiguredProxyIsUsed() throws {
    let proxy = try proxy()
    let client = HTTPClient.quick { $0.proxy = .url("http://me:word@127.0.0.1:\(proxy.port)") }
    var request = HTTPRequest(.get, try HTTPURL("http://genki.invalid/x"))
    request.authorization = .bearer("token")
    #expect(try client.send(request).text == "by proxy")
    let seen = try #require(proxy.requests.first)
    #expect(seen.line == "GET http://genki.invalid/x HTTP/1.1")
    #expect(seen.headers["Proxy-Authorization"] == "Basic bWU6d29yZA==")
  }

  @Test func aTunnelThatIsRefusedSendsNothingSecret() throws {
    let proxy = try ScriptedServer { $1.respond("403 Forbidden", text: "no") }
    let client = HTTPClient.quick { $0.proxy = .url("http://127.0.0.1:\(proxy.port)") }
    var request = HTTPRequest(.post, try HTTPURL("https://genki.invalid/x?key=hush"))
    request.authorization = .bearer("hush")
    guard case .cannotConnect = HTTPError.thrown(by: { try client.send(request) }) else {
      Issue.record("it connected")
      return
    }
    let seen = try #require(proxy.requests.first)
    #expect(seen.line == "CONNECT genki.invalid:443 HTTP/1.1")
    #expect(seen.headers["Authorization"] == nil)
  }

  /// The environment belongs to the whole process, so this test runs itself again in another one.
  @Test func theEnvironmentNamesTheProxy() throws {
    let url = try HTTPURL("http://genki.invalid/from-environment")
    if ProcessInfo.processInfo.environment[Self.marker] != nil {
      #expect(try HTTPClient().send(HTTPRequest(.get, url)).text == "by proxy")
      #expect(throws: HTTPError.self) {
        try HTTPClient.quick().send(HTTPRequest(.get, url))
      }
      return
    }
    let proxy = try proxy()
    let child = try ChildProgram(
      ProcessInfo.processInfo.arguments[0],
      ["--testing-library", "swift-testing", "--filter", "theEnvironmentNamesTheProxy"],
      environment: [
        Self.marker: "1", "http_proxy": "http://127.0.0.1:\(proxy.port)", "no_proxy": "127.0.0.1",
      ])
    let result = child.result()
    #expect(result.status == 0, "\(result.output)")
    #expect(proxy.requests.map(\.line) == ["GET http://genki.invalid/from-environment HTTP/1.1"])
  }
}
