import GenkiCore
import GenkiHTTP

/// Requests to a hub's own address, and what its answers mean.
struct HubAPI: Sendable {
  /// Bytes of an answer in memory.
  static let answerBytesMaximum = 8 << 20
  static let jsonLimits = JSONLimits(depth: 32, bytes: 8 << 20, values: 1 << 18)

  let client: HTTPClient
  let origin: HTTPOrigin
  private let base: String
  private let settings: HuggingFaceSettings

  init(_ settings: HuggingFaceSettings, client: HTTPClient) throws {
    var base = settings.endpoint
    while base.hasSuffix("/") { base.removeLast() }
    let url = try HTTPURL(base)
    guard url.query == nil else {
      throw HTTPError.badURL(url: "\(url)", reason: "the address of a hub has no query")
    }
    self.base = base
    origin = url.origin
    self.client = client
    self.settings = settings
  }

  /// Scheme, host and port.
  var source: String { origin.description }

  /// An address below the endpoint.
  func url(_ path: String) throws -> HTTPURL { try HTTPURL(base + path) }

  /// The token, for addresses of the hub itself only.
  func authorization(for url: HTTPURL) -> HTTPAuthorization? {
    url.origin == origin ? settings.token : nil
  }

  /// Asks the hub, trying again what may be tried again.
  ///
  /// - Returns: The last answer, whatever its status, unless that is a "later".
  /// - Throws: `HubError.unreachable` or `.cancelled`.
  func send(
    _ method: HTTPMethod, _ path: String, of repository: RepositoryID, json: JSONValue? = nil,
    isRepeatable: Bool = false, cancellation: HTTPCancellation? = nil
  ) throws -> HTTPResponse {
    try send(
      method, try url(path), of: repository, json: json, isRepeatable: isRepeatable,
      cancellation: cancellation)
  }

  /// Asks the hub at an address.
  func send(
    _ method: HTTPMethod, _ url: HTTPURL, of repository: RepositoryID, json: JSONValue? = nil,
    isRepeatable: Bool = false, bytesMaximum: Int = answerBytesMaximum,
    cancellation: HTTPCancellation? = nil
  ) throws -> HTTPResponse {
    var request = HTTPRequest(method, url, isRepeatable: isRepeatable)
    if let json {
      request.headers["Content-Type"] = "application/json"
      request.body = .text(json.encoded())
    }
    return try send(
      request, of: repository, bytesMaximum: bytesMaximum, cancellation: cancellation)
  }

  /// Sends a request to the hub, or to where it told us to.
  func send(
    _ request: HTTPRequest, of repository: RepositoryID, bytesMaximum: Int = answerBytesMaximum,
    cancellation: HTTPCancellation?, progress: ((HTTPProgress) -> Void)? = nil
  ) throws -> HTTPResponse {
    let response = try ask(
      request, of: repository, bytesMaximum: bytesMaximum, cancellation: cancellation,
      progress: progress)
    if HTTPError.transientStatuses.contains(response.status) {
      throw unreachable(HubAnswer(response).reason)
    }
    return response
  }

  /// Sends a request to the hub; the last answer, also if that is a "later".
  func ask(
    _ request: HTTPRequest, of repository: RepositoryID, bytesMaximum: Int = answerBytesMaximum,
    cancellation: HTTPCancellation? = nil, progress: ((HTTPProgress) -> Void)? = nil
  ) throws -> HTTPResponse {
    var request = request
    request.authorization = authorization(for: request.url)
    request.limits.bodyBytes = bytesMaximum
    request.cancellation = cancellation
    if request.redirects == .follow { request.redirects = .sameOrigin }
    do {
      return try client.send(
        request, retrying: settings.retries, environment: settings.environment,
        progress: progress)
    } catch let error as HTTPError {
      throw self.error(error, of: repository)
    }
  }

  /// The body of an answer as JSON.
  ///
  /// - Throws: `HubError.unreachable`: what is no JSON is no answer of a hub.
  func json(
    _ response: HTTPResponse, limits: JSONLimits = jsonLimits
  ) throws(HubError) -> JSONValue {
    do {
      return try JSONValue.parse(response.body, source: source, limits: limits)
    } catch {
      throw unreachable("\(response.target) is answered with something that is no JSON or too much")
    }
  }

  func unreachable(_ reason: String) -> HubError { .unreachable(source: source, reason: reason) }

  /// What an answer that is no success means; the request is over.
  func error(
    _ response: HTTPResponse, of repository: RepositoryID, revision: Revision? = nil,
    name: String? = nil
  ) -> HubError {
    HubAnswer(response).error(
      source: source, repository: repository, revision: revision, name: name,
      hasToken: settings.token != nil)
  }

  /// What a request without an answer means.
  func error(_ error: HTTPError, of repository: RepositoryID) -> HubError {
    switch error {
    case .cancelled, .closed: .cancelled(repository: repository.description)
    case .file(let error): HubError.local(error, needed: 0)
    // A server that answers nonsense is no hub at the moment; whatever it sends proves nothing of a
    // repository.
    default: unreachable("\(error.what): \(error.why)")
    }
  }
}
