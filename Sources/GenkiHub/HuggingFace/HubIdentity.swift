import GenkiCore
import GenkiHTTP

/// Whose token it is, and what it may do.
public struct HubIdentity: Sendable, Hashable {
  /// The user.
  public var name: String
  /// The user's organizations.
  public var organizations: [String]
  /// `read`, `write` or `fineGrained`; nil if the hub does not say.
  public var role: String?
  /// Namespaces in which a fine-grained token may write.
  public var writableNamespaces: [String]

  /// What a hub has said; see the properties.
  package init(name: String, organizations: [String], role: String?, writableNamespaces: [String]) {
    self.name = name
    self.organizations = organizations
    self.role = role
    self.writableNamespaces = writableNamespaces
  }

  /// Why repositories of a namespace cannot be made with it; nil if they can, as far as the hub says.
  public func problem(writingTo namespace: String) -> String? {
    guard namespace == name || organizations.contains(namespace) else {
      return "the token belongs to \(name.quoted()), who is not in \(namespace.quoted())"
    }
    switch role {
    case "read": return "the token may only read: a write token is needed"
    case "fineGrained" where !writableNamespaces.contains(namespace):
      return "the token has no right to write repositories of \(namespace.quoted())"
    default: return nil
    }
  }
}

/// What a hub says to whoever comes to it.
public enum HubGreeting: Sendable, Hashable {
  /// It knows the token.
  case known(HubIdentity)
  /// No token was shown, and it says that one is needed to be somebody.
  case anonymous
  /// It does not know the token.
  case unknownToken
  /// It was asked too often; the reason is its own.
  case later(reason: String)
  /// It answers as hubs do and does not say whose the token is.
  case silent(reason: String)
}

extension HuggingFaceHub {
  private static let tooManyRequests = 429

  /// Asks whose token it is. Hubs allow this seldom: once at a start.
  ///
  /// - Throws: `HubError.notAllowed` without a token, or for one that the hub does not know.
  public func identity() throws -> HubIdentity {
    guard settings.token != nil else {
      throw HubError.notAllowed(repository: account, reason: "there is no token")
    }
    switch try greeting() {
    case .known(let identity): return identity
    case .anonymous, .unknownToken:
      throw HubError.notAllowed(repository: account, reason: "the hub does not know the token")
    case .later(let reason): throw api.unreachable(reason)
    case .silent(let reason): throw HubError.notAllowed(repository: account, reason: reason)
    }
  }

  /// Sees whether a hub is there and who we are to it, with one request that changes nothing.
  ///
  /// - Throws: `HubError.unreachable` where nobody answers, or somebody who is no hub.
  public func greeting() throws -> HubGreeting {
    let response = try api.ask(
      HTTPRequest(.get, try api.url("/api/whoami-v2")), of: try ownRepository())
    if response.isSuccess { return .known(try identity(api.json(response))) }
    let reason = HubAnswer(response).reason
    switch response.status {
    case Self.tooManyRequests: return .later(reason: reason)
    case 400..<500 where isHubs(response):
      guard response.status == 401 else { return .silent(reason: reason) }
      return settings.token == nil ? .anonymous : .unknownToken
    case 300..<400: throw api.unreachable("\(reason): it redirects to where no hub is asked")
    case 400..<500: throw api.unreachable("\(reason) and not as a hub does")
    default: throw api.unreachable(reason)
    }
  }

  /// Whether a refusal looks like a hub's own: portals and proxies refuse with a page.
  private func isHubs(_ response: HTTPResponse) -> Bool {
    if response.headers["X-Error-Code"] != nil || response.headers["X-Error-Message"] != nil {
      return true
    }
    return (try? api.json(response))?.objectValue != nil
  }

  private func identity(_ json: JSONValue) throws -> HubIdentity {
    guard let name = json["name"]?.stringValue else {
      throw api.unreachable("it does not say whose the token is")
    }
    let token = json["auth"]?["accessToken"]
    let scopes = token?["fineGrained"]?["scoped"]?.arrayValue ?? []
    return HubIdentity(
      name: name,
      organizations: (json["orgs"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue },
      role: token?["role"]?.stringValue,
      writableNamespaces: scopes.compactMap { scope in
        let rights = (scope["permissions"]?.arrayValue ?? []).compactMap(\.stringValue)
        return rights.contains("repo.write") ? scope["entity"]?["name"]?.stringValue : nil
      })
  }

  /// Any id of ours, to name in errors.
  private func ownRepository() throws(HubError) -> RepositoryID {
    guard let id = RepositoryID(namespace: account, name: "a") else {
      throw .invalid(repository: account, reason: "this account cannot be a namespace")
    }
    return id
  }
}
