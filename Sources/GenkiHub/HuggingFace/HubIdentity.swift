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

extension HuggingFaceHub {
  /// Asks whose token it is. Hubs allow this seldom: once at a start.
  ///
  /// - Throws: `HubError.notAllowed` without a token, or for one that the hub does not know.
  public func identity() throws -> HubIdentity {
    let own = try ownRepository()
    guard settings.token != nil else {
      throw HubError.notAllowed(repository: account, reason: "there is no token")
    }
    let response = try api.send(.get, "/api/whoami-v2", of: own)
    guard response.isSuccess else {
      throw HubError.notAllowed(
        repository: account,
        reason: response.status == 401
          ? "the hub does not know the token" : HubAnswer(response).reason)
    }
    let json = try api.json(response)
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
