import GenkiHTTP
import Testing

/// Answers that repeat what a request was sent with are shown without it.
@Suite struct SecretTests {
  private static let token = "hf_0nlyF0rTheServer"
  private static let signature = "AbC%2Fdef%3D0123456789"

  private func refusal(
    _ body: [UInt8], query: String = "", basic: Bool = false
  ) throws -> HTTPResponse {
    let server = try ScriptedServer { $1.respond("403 Forbidden", body: body) }
    var request = try server.get("/file\(query)")
    request.authorization =
      basic ? .basic(user: "mallory", password: "swordfish") : .bearer(Self.token)
    return try HTTPClient.quick().send(request)
  }

  private func excerpt(_ response: HTTPResponse) -> String {
    guard case .status(_, _, let excerpt) = response.statusError else { return "" }
    return excerpt
  }

  @Test func theAuthorizationIsTakenOut() throws {
    let said = try refusal(Array("Bearer \(Self.token) and \(Self.token) are bad".utf8))
    #expect(excerpt(said) == "\"(secret) and (secret) are bad\"")
    #expect(said.withoutSecrets("x\(Self.token)y") == "x(secret)y")
    let basic = try refusal(Array("Basic bWFsbG9yeTpzd29yZGZpc2g= is bad".utf8), basic: true)
    #expect(excerpt(basic) == "\"(secret) is bad\"")
  }

  @Test func theValuesOfTheQueryAreTakenOutAsTheyCameAndDecoded() throws {
    let said = try refusal(
      Array("AbC/def=0123456789 is not \(Self.signature), see 42".utf8),
      query: "?X-Signature=\(Self.signature)&part=42")
    #expect(excerpt(said) == "\"(secret) is not (secret), see 42\"")
  }

  /// The excerpt is made of the beginning of a long body: the end of it may cut a secret in two.
  @Test(arguments: [0, 1, 5, 18])
  func halfASecretIsNotShown(shown: Int) throws {
    let blanks = [UInt8](repeating: 0x20, count: (16 << 10) - 5 - shown)
    let said = try refusal(Array("words".utf8) + blanks + Array("\(Self.token) more".utf8))
    #expect(excerpt(said) == "\"words\"")
  }

  @Test func printingAnAnswerShowsNone() throws {
    let said = try refusal([], query: "?sig=\(Self.signature)")
    var dumped = ""
    dump(said, to: &dumped)
    for text in [dumped, "\(said)", String(reflecting: said)] {
      #expect(!text.contains(Self.token) && !text.contains(Self.signature), "\(text)")
    }
  }
}
