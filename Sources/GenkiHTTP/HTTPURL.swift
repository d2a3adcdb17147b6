import CCurl
import GenkiCore

/// An http or https address, parsed by libcurl so that what is checked here is what it connects to.
///
/// Printing one shows neither its query, which may be a signature, nor more.
public struct HTTPURL: Sendable, Hashable {
  /// The whole address, query included: for the wire, never for people.
  public let absolute: String
  /// Scheme, host and port.
  public let origin: HTTPOrigin
  /// The path, percent-encoded, beginning with `/`.
  public let path: String
  /// The query without `?`; nil if there is none.
  public let query: String?

  /// Longer addresses are refused; signed ones have some thousand characters.
  public static let charactersMaximum = 16 << 10

  /// Parses an absolute address. A fragment is dropped.
  ///
  /// - Throws: ``HTTPError/badURL(url:reason:)`` if it is no http or https address, or names a user:
  ///   credentials belong into ``HTTPRequest/authorization``.
  public init(_ text: String) throws {
    try self.init(text, relativeTo: nil)
  }

  /// The address that a `Location` header names.
  package func resolving(_ location: String) throws -> HTTPURL {
    try HTTPURL(location, relativeTo: self)
  }

  private init(_ text: String, relativeTo base: HTTPURL?) throws {
    func refused(_ reason: String) -> HTTPError {
      .badURL(url: base.map { "a redirect of \($0)" } ?? Self.shown(text), reason: reason)
    }
    guard text.utf8.count <= Self.charactersMaximum else {
      throw refused("it is longer than \(Self.charactersMaximum) characters")
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw refused("it holds characters that are not printable ASCII; percent-encode them")
    }
    guard let parser = URLParser() else { throw refused("there is no memory left") }
    if let base { try parser.set(base.absolute, or: refused) }
    try parser.set(text, or: refused)
    guard parser.part(CURLUPART_USER) == nil, parser.part(CURLUPART_PASSWORD) == nil else {
      throw refused("it holds a user name or password, which belong into the authorization")
    }
    parser.removeFragment()
    guard let scheme = parser.part(CURLUPART_SCHEME).flatMap(HTTPOrigin.Scheme.init(rawValue:))
    else { throw refused("only http and https are allowed") }
    guard let host = parser.part(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
      let port = parser.part(CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)).flatMap(Int.init),
      (1...65_535).contains(port), let absolute = parser.part(CURLUPART_URL),
      absolute.utf8.count <= Self.charactersMaximum
    else { throw refused("its host or port is not valid") }
    self.absolute = absolute
    origin = HTTPOrigin(scheme: scheme, host: host, port: port)
    path = parser.part(CURLUPART_PATH) ?? "/"
    query = parser.part(CURLUPART_QUERY)
  }

  /// As much of a bad address as surely holds no secret.
  private static func shown(_ text: String) -> String {
    guard !text.contains("@"), let colon = text.firstRange(of: "://") else { return "the address" }
    let rest = text[colon.upperBound...].prefix { !"/?#".contains($0) }
    return "the address " + "\(text[..<colon.upperBound])\(rest)".quoted()
  }
}

extension HTTPURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Origin and path; a query shows as `?…`.
  public var description: String { "\(origin)\(path)\(query == nil ? "" : "?…")" }
  /// The same.
  public var debugDescription: String { description }
  /// Nothing of the query.
  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// libcurl's parser of one address.
private final class URLParser {
  private let handle: OpaquePointer

  init?() {
    guard let handle = curl_url() else { return nil }
    self.handle = handle
  }

  deinit { curl_url_cleanup(handle) }

  func set(_ text: String, or refused: (String) -> HTTPError) throws {
    let code = curl_url_set(handle, CURLUPART_URL, text, 0)
    guard code == CURLUE_OK else { throw refused(String(cString: curl_url_strerror(code))) }
  }

  func removeFragment() { curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0) }

  func part(_ part: CURLUPart, flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
