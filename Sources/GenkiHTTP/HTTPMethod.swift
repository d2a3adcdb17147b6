/// What a request asks for.
public enum HTTPMethod: String, Sendable, CaseIterable {
  /// Read.
  case get = "GET"
  /// Read the headers only.
  case head = "HEAD"
  /// Do something.
  case post = "POST"
  /// Store under this address.
  case put = "PUT"
  /// Change.
  case patch = "PATCH"
  /// Remove.
  case delete = "DELETE"

  /// Whether sending it twice does the same as once (RFC 9110, 9.2.2).
  public var isIdempotent: Bool { self != .post && self != .patch }
  /// Whether its request has a length even if that is 0.
  var hasBody: Bool { self == .post || self == .put || self == .patch }
}
