/// Whom a request goes to: credentials never leave it.
public struct HTTPOrigin: Sendable, Hashable, CustomStringConvertible {
  /// How the bytes travel.
  public enum Scheme: String, Sendable, Hashable {
    /// In the clear.
    case http
    /// Through TLS.
    case https

    /// The port that an address without one means.
    public var defaultPort: Int { self == .http ? 80 : 443 }
  }

  /// http or https.
  public let scheme: Scheme
  /// The host's name or address, in lower case; IPv6 in brackets.
  public let host: String
  /// The port.
  public let port: Int

  /// `scheme://host`, and `:port` unless it is the scheme's own.
  public var description: String {
    "\(scheme.rawValue)://\(host)" + (port == scheme.defaultPort ? "" : ":\(port)")
  }
}
