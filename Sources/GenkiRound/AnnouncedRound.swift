import GenkiChain
import GenkiCore
import GenkiHub

/// A round as its coordinator announced it on the chain.
public struct AnnouncedRound: Codable, Sendable, Hashable {
  /// The largest number of a round and of its length: what a signed database column holds with room.
  public static let numberMaximum: UInt64 = 1 << 40

  /// Its number.
  public var round: UInt64
  /// B_o: the block of the announcement.
  public var opensAt: UInt64
  /// Blocks until the close.
  public var lengthBlocks: UInt64
  /// The base's repository.
  public var repository: RepositoryID
  /// The base's commit.
  public var revision: Revision
  /// The first 24 bytes of the manifest's SHA-256, as 48 hexadecimal digits.
  public var manifestPrefix: String

  /// A round; see the properties.
  public init(
    round: UInt64, opensAt: UInt64, lengthBlocks: UInt64, repository: RepositoryID,
    revision: Revision, manifestPrefix: String
  ) {
    self.round = round
    self.opensAt = opensAt
    self.lengthBlocks = lengthBlocks
    self.repository = repository
    self.revision = revision
    self.manifestPrefix = manifestPrefix
  }

  /// Reads an announcement; nil for a commitment that is none or that names what cannot be.
  public init?(_ record: CommitmentRecord) {
    guard let text = try? AnnouncementCommitment(parsing: record.bytes),
      text.round <= Self.numberMaximum, text.lengthBlocks <= Self.numberMaximum,
      record.block <= Self.numberMaximum, text.lengthBlocks > 0,
      let repository = RepositoryID(text.repository), let revision = Revision(bytes: text.revision)
    else { return nil }
    self.init(
      round: text.round, opensAt: record.block, lengthBlocks: text.lengthBlocks,
      repository: repository, revision: revision,
      manifestPrefix: Self.hex(text.manifestPrefix))
  }

  /// B_c: the block at which the round closes. Commitments of earlier blocks count.
  public var closesAt: UInt64 { opensAt + lengthBlocks }

  /// Whether a manifest is the announced one.
  public func announces(_ manifest: ContentDigest) -> Bool {
    manifest.hex.hasPrefix(manifestPrefix)
  }

  /// The field of a commitment as text.
  public static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Bytes as hexadecimal digits.
  public static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }
}
