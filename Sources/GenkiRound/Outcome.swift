import GenkiChain
import GenkiCore
import GenkiHub

/// What a validator found of one candidate of a round; the same for every validator.
public struct Outcome: Codable, Sendable, Hashable {
  /// The verdict on a candidate.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// It passed every gate.
    case accepted
    /// A gate refused it.
    case rejected
    /// It could not be had until the reveal window ended.
    case unavailable
  }

  /// Who submitted it.
  public var hotkey: SS58Address
  /// The block of the commitment.
  public var block: UInt64
  /// The index of the extrinsic in the block.
  public var extrinsicIndex: UInt32
  /// Where the model is; nil where the commitment does not say it rightly.
  public var repository: RepositoryID?
  /// The model's commit.
  public var revision: Revision?
  /// The content hash of its weights; nil where it could not be had.
  public var contentHash: ContentDigest?
  /// The hash of its values; nil where a gate refused it before, or models are known by their files.
  public var valueHash: ContentDigest?
  /// The verdict.
  public var verdict: Verdict
  /// The gate that refused it.
  public var gate: Int?
  /// A stable name of what refused it or limited its score.
  public var code: String?
  /// The reason in words.
  public var reason: String?
  /// Δloss at the round's step, nats per token; nil where it was not evaluated.
  public var deltaLoss: Double?
  /// The standard error of Δloss.
  public var standardError: Double?
  /// The similarity to the nearest earlier model, 0…1.
  public var dataSimilarity: Double
  /// Whose model that is.
  public var nearest: SS58Address?
  /// (0.95 − similarity) × Δloss, within its bounds.
  public var score: Double
  /// The score as a u16 weight, the largest 65,535.
  public var weight: UInt16
  /// Δloss by validation file.
  public var sets: [RoundDocument.SetLoss]

  /// A candidate of which nothing is known but its commitment.
  public init(
    hotkey: SS58Address, block: UInt64, extrinsicIndex: UInt32, repository: RepositoryID?,
    revision: Revision?, verdict: Verdict, gate: Int? = nil, code: String? = nil,
    reason: String? = nil
  ) {
    self.hotkey = hotkey
    self.block = block
    self.extrinsicIndex = extrinsicIndex
    self.repository = repository
    self.revision = revision
    self.verdict = verdict
    self.gate = gate
    self.code = code
    self.reason = reason
    contentHash = nil
    valueHash = nil
    deltaLoss = nil
    standardError = nil
    dataSimilarity = 0
    nearest = nil
    score = 0
    weight = 0
    sets = []
  }
}
