import GenkiChain
import GenkiCore
import GenkiHub

/// A commitment of a round and what the validator has of it.
public struct RoundCandidate: Codable, Sendable, Hashable {
  /// What the validator has of it.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It is to be fetched.
    case pending
    /// Its files are on this machine and are what was committed.
    case fetched
    /// A gate before the evaluation refused it.
    case rejected
    /// It could not be had in time.
    case unavailable
  }

  /// The round.
  public var round: UInt64
  /// Who submitted it.
  public var hotkey: SS58Address
  /// The block of the commitment.
  public var block: UInt64
  /// The index of the extrinsic in the block.
  public var extrinsicIndex: UInt32
  /// Where the model is.
  public var repository: RepositoryID?
  /// The model's commit.
  public var revision: Revision?
  /// 24 bytes that bind content and hotkey, as hexadecimal digits.
  public var boundHash: String?
  /// What the validator has of it.
  public var state: State
  /// Its folder on this machine.
  public var folder: String?
  /// The content hash of its weights.
  public var contentHash: ContentDigest?
  /// The gate that refused it.
  public var gate: Int?
  /// A stable name of the reason.
  public var code: String?
  /// The reason in words.
  public var reason: String?

  /// The commitment of a round's candidate; nil for a record that is no submission at all or names
  /// another base: it belongs to another round.
  public init?(_ record: CommitmentRecord, round: AnnouncedRound, base: ContentDigest) {
    guard record.block >= round.opensAt, record.block < round.closesAt,
      let extrinsicIndex = record.extrinsicIndex,
      let text = try? SubmissionCommitment(parsing: record.bytes),
      text.basePrefix == Array(base.bytes.prefix(8))
    else { return nil }
    self.round = round.round
    hotkey = record.hotkey
    block = record.block
    self.extrinsicIndex = extrinsicIndex
    repository = RepositoryID(text.repository)
    revision = Revision(bytes: text.revision)
    boundHash = AnnouncedRound.hex(text.boundHash)
    state = .pending
    if repository == nil {
      reject(gate: 1, code: "bad_repository", reason: "the commitment names no repository")
    }
  }

  /// Whether its files are needed on this machine: they are here, or may come.
  public var isKept: Bool { state == .pending || state == .fetched }

  /// Where its model is; nil if the commitment names no place.
  public var place: ModelPlace? {
    guard let repository, let revision else { return nil }
    return ModelPlace(repository: repository, revision: revision)
  }

  /// A reason as everybody may read it: without where this machine keeps the files.
  public static func publicReason(_ reason: String, folder: String?) -> String {
    folder.map { reason.replacing("\($0)/", with: "") } ?? reason
  }

  /// Refuses it; it is settled then.
  public mutating func reject(gate: Int, code: String, reason: String) {
    state = .rejected
    self.gate = gate
    self.code = code
    self.reason = reason
  }

  /// It could not be had in time.
  public mutating func markUnavailable(reason: String) {
    state = .unavailable
    code = "unavailable"
    self.reason = reason
  }

  /// The place in the order: block, extrinsic index, hotkey.
  public static func isInCommitOrder(_ left: RoundCandidate, _ right: RoundCandidate) -> Bool {
    if left.block != right.block { return left.block < right.block }
    if left.extrinsicIndex != right.extrinsicIndex {
      return left.extrinsicIndex < right.extrinsicIndex
    }
    return left.hotkey.publicKey.lexicographicallyPrecedes(right.hotkey.publicKey)
  }
}
