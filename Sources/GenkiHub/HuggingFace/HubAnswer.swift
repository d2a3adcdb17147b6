import GenkiCore
import GenkiHTTP

/// An answer that is no success: the hub's own code and words beside the status, without what they
/// repeat of our token.
struct HubAnswer {
  private static let messageCharactersMaximum = 300

  let status: Int
  /// `RepoNotFound` and the like.
  let code: String?
  /// The hub's words; hostile.
  let message: String
  private let requestID: String?
  /// What is left of an answer whose headers are gone, for people.
  private let excerpt: String?

  init(_ response: HTTPResponse) {
    status = response.status
    code = response.headers["X-Error-Code"]
    requestID = response.headers["X-Request-Id"].map { response.withoutSecrets($0) }
    excerpt = nil
    if let text = response.headers["X-Error-Message"] {
      message = response.withoutSecrets(text)
    } else if let json = try? JSONValue.parse(
      response.body, source: "", limits: JSONLimits(depth: 8, bytes: 64 << 10, values: 1_000)),
      let text = json["error"]?.stringValue ?? json["message"]?.stringValue
    {
      message = response.withoutSecrets(text)
    } else {
      message = ""
    }
  }

  /// An answer of which only the status and the beginning of the body are left.
  init(error: HTTPError, code status: Int) {
    self.status = status
    code = nil
    requestID = nil
    message = ""
    excerpt = error.why
  }

  /// Whether a conflict passes by itself.
  var isPassing: Bool { message.contains("another conflicting operation is in progress") }

  /// Status and words for people, with the id under which the hub knows the request.
  var reason: String {
    if let excerpt { return excerpt }
    var text = "the hub answers \(status)"
    if !message.isEmpty { text += ": \(message.quoted(limit: Self.messageCharactersMaximum))" }
    if let requestID { text += " (request \(requestID.quoted(limit: 80)))" }
    return text
  }

  /// What it means for a repository.
  func error(
    source: String, repository: RepositoryID, revision: Revision?, name: String?, hasToken: Bool
  ) -> HubError {
    let id = repository.description
    if HTTPError.transientStatuses.contains(status) {
      return .unreachable(source: source, reason: reason)
    }
    if message.contains("Access to this resource is disabled") {
      return .notAllowed(repository: id, reason: "the hub has taken it down")
    }
    switch (status, code) {
    case (401, _) where message.contains("Invalid credentials"):
      return .notAllowed(repository: id, reason: "the hub does not know the token")
    case (_, "GatedRepo"):
      return .notAllowed(
        repository: id, reason: "it is gated: its owner has not let us in")
    case (404, "RevisionNotFound"):
      return .revisionNotFound(repository: id, revision: revision?.hex ?? "main")
    case (404, "EntryNotFound"):
      return .entryNotFound(repository: id, name: name ?? "")
    // Without a token a hub does not tell missing from private.
    case (401, _) where !hasToken, (404, _), (410, _): return .repositoryNotFound(repository: id)
    case (401, "RepoNotFound"): return .repositoryNotFound(repository: id)
    case (401, _), (403, _), (402, _): return .notAllowed(repository: id, reason: reason)
    // A redirect to where a hub's own answers never are: a portal, perhaps.
    case (300...399, _): return .unreachable(source: source, reason: reason)
    default: return .invalid(repository: id, reason: reason)
    }
  }
}
