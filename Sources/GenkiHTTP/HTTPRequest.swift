/// One request. Printing it shows neither its secrets nor its query.
public struct HTTPRequest: Sendable {
  /// What is asked for.
  public var method: HTTPMethod
  /// Where it goes.
  public var url: HTTPURL
  /// Header fields. `Host`, `Content-Length` and the like are the client's, `Authorization` is
  /// ``authorization``.
  public var headers: HTTPHeaders
  /// The secret for the origin of ``url``; no other origin gets it.
  public var authorization: HTTPAuthorization?
  /// What it carries.
  public var body: HTTPBody
  /// How much the answer may be.
  public var limits: HTTPLimits
  /// Which redirects are followed.
  public var redirects: HTTPRedirects
  /// Whether it may be sent twice although its method alone does not say so.
  public var isRepeatable: Bool
  /// How long it may take nowhere; nil for the client's own times.
  public var timeouts: HTTPTimeouts?
  /// How long it may take altogether, redirects included; retries have their own bound.
  public var totalSeconds: Double?
  /// Bytes a second down, at most; 0 for as many as come.
  public var downloadBytesPerSecond = 0
  /// Bytes a second up, at most; 0 for as many as go.
  public var uploadBytesPerSecond = 0
  /// Whether the path is a secret too, as with services that put their key there.
  public var hidesPath = false
  /// Ends it early.
  public var cancellation: HTTPCancellation?

  /// A request.
  public init(
    _ method: HTTPMethod, _ url: HTTPURL, headers: HTTPHeaders = [:],
    authorization: HTTPAuthorization? = nil, body: HTTPBody = .none, limits: HTTPLimits = .init(),
    redirects: HTTPRedirects = .follow, isRepeatable: Bool = false, timeouts: HTTPTimeouts? = nil,
    totalSeconds: Double? = nil, cancellation: HTTPCancellation? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.authorization = authorization
    self.body = body
    self.limits = limits
    self.redirects = redirects
    self.isRepeatable = isRepeatable
    self.timeouts = timeouts
    self.totalSeconds = totalSeconds
    self.cancellation = cancellation
  }

  /// Whether it may be sent a second time when it is not known what became of the first.
  public var maySendTwice: Bool { isRepeatable || method.isIdempotent }

  /// What errors call it.
  package var target: HTTPTarget { HTTPTarget(method, url, hidesPath: hidesPath) }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Method and address without secrets.
  public var description: String { target.description }
  /// The same.
  public var debugDescription: String { description }
  /// No headers, no body, no secrets.
  public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// Which redirects are followed.
public enum HTTPRedirects: Sendable, Hashable {
  /// None: the redirect itself is the answer.
  case none
  /// Those that stay at the origin; another one is the answer.
  case sameOrigin
  /// All but those from https to http, which are refused.
  case follow
}

/// What errors call a request: method, origin and path.
public struct HTTPTarget: Sendable, Hashable, CustomStringConvertible {
  /// What was asked for; empty if nothing was.
  public let method: String
  /// The server.
  public let origin: String
  /// The path; `/…` if it is a secret.
  public let path: String

  /// Of a request with this method and address.
  public init(_ method: HTTPMethod, _ url: HTTPURL, hidesPath: Bool = false) {
    self.method = method.rawValue
    origin = "\(url.origin)"
    path = hidesPath && url.path != "/" ? "/…" : url.path
  }

  /// `GET https://host/path`; a long path is cut.
  public var description: String {
    let shown = path.utf8.count > 200 ? path.prefix(200) + "…" : path[...]
    return "\(method) \(origin)\(shown)"
  }
}
