import GenkiCore

/// A file that a miner trains on.
public struct DatasetRecord: Codable, Sendable, Hashable {
  /// Where the daemon knows it from.
  public enum Origin: String, Codable, Sendable {
    /// The configuration file.
    case configuration
    /// `dataset.add`.
    case rpc
  }

  /// What it is called.
  public var name: String
  /// The file.
  public var path: String
  /// How conversations are written; nil takes the base's own way.
  public var chatTemplate: String?
  /// What the base's own template is told beside the conversations: a JSON object.
  public var chatTemplateArguments: String?
  /// Where the daemon knows it from.
  public var origin: Origin
  /// Bytes of the file when it was added.
  public var bytes: Int
  /// SHA-256 of the file when it was added.
  public var sha256: ContentDigest

  /// A file that a miner trains on; see the properties.
  public init(
    name: String, path: String, chatTemplate: String?, chatTemplateArguments: String? = nil,
    origin: Origin, bytes: Int, sha256: ContentDigest
  ) {
    self.name = name
    self.path = path
    self.chatTemplate = chatTemplate
    self.chatTemplateArguments = chatTemplateArguments
    self.origin = origin
    self.bytes = bytes
    self.sha256 = sha256
  }
}
