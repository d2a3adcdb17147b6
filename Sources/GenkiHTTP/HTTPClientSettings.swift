/// How a client speaks to the world.
public struct HTTPClientSettings: Sendable {
  /// The name that servers see.
  public var userAgent = "genki-dama"
  /// A file of certificates to trust, PEM; nil for the system's.
  public var certificateBundlePath: String?
  /// The way out.
  public var proxy = HTTPProxy.environment
  /// How long a request may take nowhere, unless it says otherwise.
  public var timeouts = HTTPTimeouts()
  /// Redirects that one request follows.
  public var redirectsMaximum = 5
  /// Connections to one host at a time; further requests wait for one.
  public var connectionsPerHostMaximum = 8
  /// Connections that are kept open for later.
  public var idleConnectionsMaximum = 16
  /// Requests at a time; one more is refused.
  public var requestsMaximum = 1_024
  /// Bytes a second down, of all requests together; 0 for as many as come.
  public var downloadBytesPerSecond = 0
  /// Bytes a second up, of all requests together; 0 for as many as go.
  public var uploadBytesPerSecond = 0

  /// The defaults.
  public init() {}
}

/// Whether requests go through a proxy.
public enum HTTPProxy: Sendable, Hashable {
  /// As `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say.
  case environment
  /// Never.
  case none
  /// Through this one. It may hold a user and a password, so it is not printed.
  case url(String)
}

extension HTTPProxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Which kind.
  public var description: String {
    switch self {
    case .environment: "as the environment says"
    case .none: "none"
    case .url: "as configured"
    }
  }
  /// The same.
  public var debugDescription: String { description }
  /// Nothing of its address.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
