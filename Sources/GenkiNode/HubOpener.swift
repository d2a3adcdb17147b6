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

  /// Opens the hub; nothing is asked yet.
  ///
  /// - Parameters:
  ///   - account: The namespace of our repositories.
  ///   - uploadsFolder: Where uploads note how far they are.
  public func open(account: String, uploadsFolder: String?) throws -> HuggingFaceHub {
    var settings = HuggingFaceSettings(
      endpoint: endpoint, account: account,
      token: try HubTokenOpener(section, environment: environment).open()?.token,
      uploadsFolder: uploadsFolder)
    settings.retries.totalSecondsMaximum = min(
      settings.retries.totalSecondsMaximum, Double(section.fetchSecondsMaximum))
    return try HuggingFaceHub(settings, client: HTTPClient(clientSettings))
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
