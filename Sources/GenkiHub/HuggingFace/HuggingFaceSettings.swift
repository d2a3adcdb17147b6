import GenkiHTTP

/// How a Hugging Face Hub is spoken to.
public struct HuggingFaceSettings: Sendable {
  /// The public hub.
  public static let defaultEndpoint = "https://huggingface.co"

  /// The address of the hub or of a mirror; a path before the hub's own is kept.
  public var endpoint: String
  /// The namespace of our repositories: a user or an organization.
  public var account: String
  /// The token, for requests to the endpoint only; nil reads what is public.
  public var token: HTTPAuthorization?
  /// Where uploads note what they have done, so that a restart goes on; nil for nowhere.
  public var uploadsFolder: String?
  /// How often, and after how long, what may be tried again is tried again.
  public var retries = RetryPolicy(
    attemptsMaximum: 6, firstDelaySeconds: 1, longestDelaySeconds: 8, totalSecondsMaximum: 600,
    longestRetryAfterSeconds: 330)
  /// Time and chance of the retries.
  public var environment = RetryEnvironment.system
  /// How long a download may take nowhere.
  public var downloadTimeouts = HTTPTimeouts(slowBytesPerSecond: 10_000)
  /// How long an upload may take nowhere: a slow line is no reason to send a part again.
  public var uploadTimeouts = HTTPTimeouts(idleSeconds: 120, slowBytesPerSecond: 0)

  /// Settings; see the properties.
  public init(
    endpoint: String = defaultEndpoint, account: String, token: HTTPAuthorization? = nil,
    uploadsFolder: String? = nil
  ) {
    self.endpoint = endpoint
    self.account = account
    self.token = token
    self.uploadsFolder = uploadsFolder
  }
}
