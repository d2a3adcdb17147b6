import GenkiCore

/// A round whose base was fetched and is what was announced.
public struct KnownRound: Codable, Sendable, Hashable {
  /// What was announced.
  public var announced: AnnouncedRound
  /// Its rules, and how its base was made.
  public var document: RoundDocument
  /// The base's folder on this machine.
  public var folder: String
  /// SHA-256 of the base's `model.safetensors`; nil for a base in shards.
  public var weightsSha256: ContentDigest?

  /// A known round; see the properties.
  public init(
    announced: AnnouncedRound, document: RoundDocument, folder: String,
    weightsSha256: ContentDigest?
  ) {
    self.announced = announced
    self.document = document
    self.folder = folder
    self.weightsSha256 = weightsSha256
  }

  /// Its number.
  public var round: UInt64 { announced.round }
  /// The content hash of the base's weights.
  public var base: ContentDigest { document.baseContentHash }
}
