import GenkiCore
import GenkiHTTP

/// The Hugging Face Hub, or a server that speaks its language, over HTTP.
///
/// Large files go through Git LFS (transfers `basic` and `multipart`), small ones in the commit itself.
/// Uploads and downloads go on where a killed process stopped. The one step that must not happen twice,
/// the commit, names the head that it builds on; whoever repeats it is refused, and finds by reading
/// the head that it is done. The token goes to the endpoint only, never to where it redirects.
public struct HuggingFaceHub: Hub {
  /// The namespace of our repositories.
  public let account: String
  let api: HubAPI
  let settings: HuggingFaceSettings

  /// A hub behind an address; nothing is asked yet.
  ///
  /// - Throws: `HTTPError.badURL` for an address that is none, `HubError.invalid` for an account that
  ///   cannot be a namespace.
  public init(_ settings: HuggingFaceSettings, client: HTTPClient) throws {
    guard RepositoryID.isName(settings.account),
      RepositoryID(namespace: settings.account, name: "a") != nil
    else {
      throw HubError.invalid(
        repository: settings.account, reason: "this account cannot be a namespace")
    }
    account = settings.account
    self.settings = settings
    api = try HubAPI(settings, client: client)
  }

  /// The endpoint as people know it: scheme, host and port.
  public var source: String { api.source }

  /// Whether somebody on the way could read what it is told: http to another machine.
  public var isOverheard: Bool {
    api.origin.scheme == .http && !["127.0.0.1", "localhost", "[::1]"].contains(api.origin.host)
  }

  // MARK: Repositories

  /// Makes a repository of this account; one that is there and shown to everybody is hidden if
  /// `visibility` is private.
  public func createRepository(
    _ repository: RepositoryID, visibility: RepositoryVisibility
  ) throws {
    try requireOwn(repository)
    let body: JSONValue = [
      "name": .string(repository.name), "organization": .string(repository.namespace),
      "private": .bool(visibility == .private),
    ]
    // Creating one that is there is answered with 409, so sending it twice does no harm.
    let response = try api.send(
      .post, "/api/repos/create", of: repository, json: body, isRepeatable: true)
    let info: RepositoryInfo
    if response.isSuccess {
      info = try self.info(of: repository)
    } else {
      if response.status == 409, HubAnswer(response).isPassing {
        throw api.unreachable(HubAnswer(response).reason)
      }
      guard [401, 402, 403, 409].contains(response.status) else {
        throw api.error(response, of: repository)
      }
      do {
        info = try self.info(of: repository)
      } catch let error as HubError where !error.isTransient {
        // It is not there for us: what the creation was refused with is the reason.
        throw api.error(response, of: repository)
      }
    }
    // What must not be seen is looked at: a server may know another name for the setting.
    if visibility == .private, info.isPrivate == false {
      try setVisibility(.private, of: repository)
    }
  }

  /// Shows a repository of this account to everybody, or hides it.
  public func setVisibility(
    _ visibility: RepositoryVisibility, of repository: RepositoryID
  ) throws {
    try requireOwn(repository)
    let wanted = visibility == .private
    let bodies: [JSONValue] = [
      ["private": .bool(wanted)], ["visibility": .string(visibility.rawValue)],
    ]
    var refusal: HubError?
    for body in bodies {
      let response = try api.send(
        .put, "/api/models/\(repository)/settings", of: repository, json: body)
      guard response.isSuccess else {
        refusal = api.error(response, of: repository)
        if response.status == 400 || response.status == 422 { continue }
        break
      }
      if try info(of: repository).isPrivate == wanted { return }
    }
    throw refusal
      ?? HubError.invalid(
        repository: repository.description,
        reason: "the hub does not make it \(visibility.rawValue)")
  }

  /// Removes a repository of this account; one that is not there is no error.
  public func deleteRepository(_ repository: RepositoryID) throws {
    try requireOwn(repository)
    let response = try api.send(
      .delete, "/api/repos/delete", of: repository,
      json: [
        "name": .string(repository.name), "organization": .string(repository.namespace),
      ])
    if response.isSuccess { return }
    let error = api.error(response, of: repository)
    if case .repositoryNotFound = error, response.status == 404 { return }
    throw error
  }

  /// The newest commit of a repository's main branch; nil if it has none.
  public func head(of repository: RepositoryID) throws -> Revision? {
    try info(of: repository).head
  }

  /// What the hub says of a repository.
  func info(of repository: RepositoryID) throws -> RepositoryInfo {
    let response = try api.send(.get, "/api/models/\(repository)", of: repository)
    guard response.isSuccess else { throw api.error(response, of: repository) }
    return try RepositoryInfo(api.json(response), source: api.source)
  }

  // MARK: Files

  /// The files of a commit with sizes and hashes; folders are not listed, what is in them is.
  public func list(
    _ repository: RepositoryID, revision: Revision, transfer: HubTransfer
  ) throws -> [HubEntry] {
    try tree(
      of: repository, revision: revision, entriesMaximum: HubLimits.entriesMaximum + 1,
      cancellation: transfer.cancellation)
  }

  /// The first files of a commit, at most so many.
  func tree(
    of repository: RepositoryID, revision: Revision, entriesMaximum: Int,
    cancellation: HTTPCancellation? = nil
  ) throws -> [HubEntry] {
    var pages = TreePages(
      repository: repository, revision: revision, entriesMaximum: entriesMaximum)
    var next: HTTPURL? = try api.url(
      "/api/models/\(repository)/tree/\(revision.hex)?recursive=true&expand=false")
    while let url = next {
      let response = try api.send(
        .get, url, of: repository, bytesMaximum: TreePages.pageBytesMaximum,
        cancellation: cancellation)
      guard response.isSuccess else {
        throw api.error(response, of: repository, revision: revision)
      }
      next = try pages.take(response, api: api)
    }
    return pages.entries
  }

  func requireOwn(_ repository: RepositoryID) throws(HubError) {
    guard repository.namespace == account else {
      throw .notOwner(repository: repository.description, account: account)
    }
    guard settings.token != nil else {
      throw .notAllowed(repository: repository.description, reason: "there is no token")
    }
  }
}
