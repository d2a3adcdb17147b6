import GenkiCore

/// The coordinator's commitment: a round's number, its length and its base.
///
/// `gd1r:` round `:` length in blocks `:` revision `:` manifest hash `:` repository; bytes are in
/// base64url, numbers in decimal.
public struct AnnouncementCommitment: Sendable, Hashable {
  private static let tag = "gd1r"
  /// Bytes of the manifest's SHA-256.
  public static let manifestPrefixCount = 24
  /// The longest repository id.
  public static let repositoryBytesMaximum = 46
  private static let digitsMaximum = 12

  /// The round.
  public let round: UInt64
  /// Blocks from the announcement to the close.
  public let lengthBlocks: UInt64
  /// The base's commit on the hub, 20 bytes.
  public let revision: [UInt8]
  /// The first 24 bytes of the SHA-256 of `manifest.json`.
  public let manifestPrefix: [UInt8]
  /// `namespace/name`.
  public let repository: String

  /// An announcement; every part is checked.
  public init(
    round: UInt64, lengthBlocks: UInt64, revision: [UInt8], manifestPrefix: [UInt8],
    repository: String
  ) throws {
    guard revision.count == SubmissionCommitment.revisionCount,
      manifestPrefix.count == Self.manifestPrefixCount
    else { throw CommitmentError.malformed(reason: "a part has another length than it must") }
    guard "\(round)".utf8.count <= Self.digitsMaximum,
      "\(lengthBlocks)".utf8.count <= Self.digitsMaximum
    else { throw CommitmentError.malformed(reason: "a number is too large") }
    try Commitment.check(repository: repository, bytesMaximum: Self.repositoryBytesMaximum)
    self.round = round
    self.lengthBlocks = lengthBlocks
    self.revision = revision
    self.manifestPrefix = manifestPrefix
    self.repository = repository
    guard encoded().count <= Commitment.bytesMaximum else {
      throw CommitmentError.malformed(reason: "it has more than \(Commitment.bytesMaximum) bytes")
    }
  }

  /// Reads a hostile field.
  public init(parsing bytes: some Collection<UInt8>) throws {
    let fields = try Commitment.fields(bytes, count: 6, tag: Self.tag)
    try self.init(
      round: Self.number(fields[1], name: "the round"),
      lengthBlocks: Self.number(fields[2], name: "the length"),
      revision: Commitment.bytes(
        fields[3], count: SubmissionCommitment.revisionCount, name: "the revision"),
      manifestPrefix: Commitment.bytes(
        fields[4], count: Self.manifestPrefixCount, name: "the manifest hash"),
      repository: fields[5])
  }

  /// The field, at most 128 bytes.
  public func encoded() -> [UInt8] {
    let parts = [revision, manifestPrefix].map(Base64URL.encode)
    return Array(
      ([Self.tag, "\(round)", "\(lengthBlocks)"] + parts + [repository]).joined(separator: ":").utf8
    )
  }

  /// One spelling of each number: no sign, no leading zero.
  private static func number(_ text: String, name: String) throws -> UInt64 {
    guard text.utf8.count <= digitsMaximum, let value = UInt64(text), "\(value)" == text else {
      throw CommitmentError.malformed(reason: "\(name) is no number")
    }
    return value
  }
}
