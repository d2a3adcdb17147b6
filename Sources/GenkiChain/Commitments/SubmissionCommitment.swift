import GenkiCore

/// A miner's commitment: which model it has made of which base, and where it is.
///
/// `gd1m:` base `:` revision `:` bound hash `:` repository; bytes are in base64url.
public struct SubmissionCommitment: Sendable, Hashable {
  private static let tag = "gd1m"
  /// Bytes of the base's content hash.
  public static let basePrefixCount = 8
  /// Bytes of a revision.
  public static let revisionCount = 20
  /// The longest repository id.
  public static let repositoryBytesMaximum = 50

  /// The first 8 bytes of the base's content hash.
  public let basePrefix: [UInt8]
  /// The commit on the hub, 20 bytes.
  public let revision: [UInt8]
  /// 24 bytes that bind hotkey, base and content; see `BoundHash`.
  public let boundHash: [UInt8]
  /// `namespace/name`.
  public let repository: String

  /// A commitment; every part is checked.
  public init(
    basePrefix: [UInt8], revision: [UInt8], boundHash: [UInt8], repository: String
  ) throws {
    guard basePrefix.count == Self.basePrefixCount, revision.count == Self.revisionCount,
      boundHash.count == BoundHash.byteCount
    else { throw CommitmentError.malformed(reason: "a part has another length than it must") }
    try Commitment.check(repository: repository, bytesMaximum: Self.repositoryBytesMaximum)
    self.basePrefix = basePrefix
    self.revision = revision
    self.boundHash = boundHash
    self.repository = repository
  }

  /// Reads a hostile field.
  public init(parsing bytes: some Collection<UInt8>) throws {
    let fields = try Commitment.fields(bytes, count: 5, tag: Self.tag)
    try self.init(
      basePrefix: Commitment.bytes(fields[1], count: Self.basePrefixCount, name: "the base"),
      revision: Commitment.bytes(fields[2], count: Self.revisionCount, name: "the revision"),
      boundHash: Commitment.bytes(fields[3], count: BoundHash.byteCount, name: "the bound hash"),
      repository: fields[4])
  }

  /// The field, at most 128 bytes.
  public func encoded() -> [UInt8] {
    let parts = [basePrefix, revision, boundHash].map(Base64URL.encode)
    return Array(([Self.tag] + parts + [repository]).joined(separator: ":").utf8)
  }
}

/// The hash that makes a commitment useless for every other hotkey.
public enum BoundHash {
  /// Bytes that a commitment holds of it.
  public static let byteCount = 24
  private static let domain = "genki-dama/commit/1\0"

  /// The first 24 bytes of SHA-256(domain ‖ hotkey ‖ base content hash ‖ content hash).
  public static func make(
    hotkey: [UInt8], base: ContentDigest, content: ContentDigest
  ) -> [UInt8] {
    let bytes = Array(domain.utf8) + hotkey + base.bytes + content.bytes
    return Array(SHA256Hasher.digest(of: bytes).bytes.prefix(byteCount))
  }
}
