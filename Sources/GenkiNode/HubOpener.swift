import Foundation
import GenkiConsole
import GenkiHTTP
import GenkiHub
import GenkiService

/// Opens the Hugging Face hub that a configuration names.
public struct HubOpener: Sendable {
  /// The variable that names another hub than huggingface.co, as for Python's client.
  public static let endpointVariable = "HF_ENDPOINT"
  /// Repositories that are fetched at a time need connections of their own, as many as each fetches
  /// files at once: a slow one must not hold up another.
  private static let connectionsMaximum =
    ThreadTransferPool.foreignMaximum * ModelCache.downloadsAtOnce
  /// Of our own work at the same time.
  private static let ownRequestsMaximum = 256

  private let section: HubSection
  private let environment: [String: String]

  /// - Parameter environment: The process's environment.
  public init(_ section: HubSection, environment: [String: String]) {
    self.section = section
    self.environment = environment
  }

  /// The address of the hub.
  public var endpoint: String {
    if let endpoint = section.endpoint { return endpoint }
    let variable = environment[Self.endpointVariable] ?? ""
    return variable.isEmpty ? HuggingFaceSettings.defaultEndpoint : variable
  }

  /// What has named the address.
  public var endpointSource: String {
    if section.endpoint != nil { return "hub.endpoint" }
    let variable = environment[Self.endpointVariable] ?? ""
    return variable.isEmpty ? "the default" : "$\(Self.endpointVariable)"
  }

  /// The token that the configuration or the environment names; nil if there is none.
  public func token() throws -> HubToken? {
    try HubTokenOpener(section, environment: environment).open()
  }

  /// Opens the hub; nothing is asked yet.
  ///
  /// - Parameters:
  ///   - account: The namespace of our repositories.
  ///   - uploadsFolder: Where uploads note how far they are.
  public func open(account: String, uploadsFolder: String?) throws -> HuggingFaceHub {
    try open(settings(account: account, token: try token(), uploadsFolder: uploadsFolder))
  }

  /// Opens the hub for a few questions by somebody who waits for the answers.
  ///
  /// - Parameter secondsMaximum: For each question, whatever the hub does.
  public func open(
    account: String, token: HubToken?, secondsMaximum: Double
  ) throws -> HuggingFaceHub {
    var settings = settings(account: account, token: token, uploadsFolder: nil)
    settings.retries = RetryPolicy(
      attemptsMaximum: 2, totalSecondsMaximum: secondsMaximum,
      longestRetryAfterSeconds: secondsMaximum / 4)
    return try open(settings)
  }

  private func settings(
    account: String, token: HubToken?, uploadsFolder: String?
  ) -> HuggingFaceSettings {
    var settings = HuggingFaceSettings(
      endpoint: endpoint, account: account, token: token?.authorization,
      uploadsFolder: uploadsFolder)
    settings.retries.totalSecondsMaximum = min(
      settings.retries.totalSecondsMaximum, Double(section.fetchSecondsMaximum))
    return settings
  }

  private func open(_ settings: HuggingFaceSettings) throws -> HuggingFaceHub {
    try HuggingFaceHub(settings, client: HTTPClient(clientSettings))
  }

  /// How the hub's client speaks to the world.
  public var clientSettings: HTTPClientSettings {
    var client = HTTPClientSettings()
    client.userAgent = "genki-dama/\(ProgramVersion.current); swift/6"
    client.certificateBundlePath = section.certificatesPath
    client.connectionsPerHostMaximum = Self.connectionsMaximum + Self.ownRequestsMaximum
    client.requestsMaximum = Self.connectionsMaximum + Self.ownRequestsMaximum
    client.downloadBytesPerSecond = section.downloadBytesPerSecond
    client.uploadBytesPerSecond = section.uploadBytesPerSecond
    return client
  }
}
