import Foundation
import GenkiHTTP
import TestSupport
import Testing

/// Certificates are verified and old protocols refused, against `openssl s_server`.
@Suite(.enabled(if: ChildProgram.path(of: "openssl") != nil, "openssl is not installed"))
struct TLSTests {
  private let folder: TemporaryFolder
  private let openssl: String
  private let certificate: String

  init() throws {
    folder = try TemporaryFolder()
    openssl = try #require(ChildProgram.path(of: "openssl"))
    certificate = folder.file("certificate.pem")
    let made = try ChildProgram(
      openssl,
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-keyout", folder.file("key.pem"), "-out", certificate, "-days", "2", "-subj", "/CN=test",
        "-addext", "subjectAltName=IP:127.0.0.1",
      ]
    ).result()
    #expect(made.status == 0, "\(made.output)")
  }

  /// A server with that certificate, and its port.
  private func serve(_ arguments: [String] = []) throws -> (ChildProgram, Int) {
    let server = try ChildProgram(
      openssl,
      [
        "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key",
        folder.file("key.pem"),
      ] + arguments)
    let match = try #require(server.waitForOutput(#/ACCEPT [\d.]+:(\d+)/#))
    return (server, try #require(Int(match.1)))
  }

  private func client() -> HTTPClient {
    .quick { $0.certificateBundlePath = certificate }
  }

  @Test func aCertificateThatNobodyTrustsIsRefused() throws {
    let (server, port) = try serve()
    let url = try HTTPURL("https://127.0.0.1:\(port)/?key=hush")
    let error = HTTPError.thrown { try HTTPClient.quick().send(HTTPRequest(.get, url)) }
    guard case .tls(_, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("self"), "\(reason)")
    #expect(error?.isTransient == false)
    #expect(error.map { "\($0)".contains("hush") } == false)
    withExtendedLifetime(server) {}
  }

  @Test func oneThatTheBundleHoldsIsTrusted() throws {
    let (server, port) = try serve()
    let url = try HTTPURL("https://127.0.0.1:\(port)/")
    let response = try client().send(HTTPRequest(.get, url))
    #expect(response.status == 200)
    #expect(response.text.contains("TLSv1.3"))
    withExtendedLifetime(server) {}
  }

  @Test func anotherNameIsRefused() throws {
    let (server, port) = try serve()
    let url = try HTTPURL("https://localhost:\(port)/")
    guard case .tls = HTTPError.thrown(by: { try client().send(HTTPRequest(.get, url)) }) else {
      Issue.record("the name was not checked")
      return
    }
    withExtendedLifetime(server) {}
  }

  @Test func oldTLSIsRefused() throws {
    func get(_ port: Int) throws -> HTTPRequest {
      HTTPRequest(.get, try HTTPURL("https://127.0.0.1:\(port)/"))
    }
    let (old, oldPort) = try serve(["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
    let error = HTTPError.thrown { try client().send(get(oldPort)) }
    guard case .tls = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let (new, newPort) = try serve(["-tls1_2"])
    let response = try client().send(get(newPort))
    #expect(response.text.contains("TLSv1.2"))
    withExtendedLifetime((old, new)) {}
  }

  @Test func aBundleThatIsMissingIsAnError() throws {
    let (server, port) = try serve()
    let client = HTTPClient.quick { $0.certificateBundlePath = folder.file("missing") }
    let url = try HTTPURL("https://127.0.0.1:\(port)/")
    guard case .tls = HTTPError.thrown(by: { try client.send(HTTPRequest(.get, url)) }) else {
      Issue.record("it was ignored")
      return
    }
    withExtendedLifetime(server) {}
  }

  @Test func plainHTTPOnATLSPortIsNoAnswer() throws {
    let plain = try ScriptedServer { $0.respond("400 Bad Request") }
    let url = try HTTPURL("https://127.0.0.1:\(plain.port)/")
    guard case .tls = HTTPError.thrown(by: { try client().send(HTTPRequest(.get, url)) }) else {
      Issue.record("it was an answer")
      return
    }
  }
}
