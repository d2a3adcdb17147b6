import GenkiCore

/// Everything that a validator found in a round's evaluation.
public struct RoundScores: Codable, Sendable, Hashable {
  /// The round.
  public var round: UInt64
  /// All candidates in commit order.
  public var outcomes: [Outcome]
  /// The base's losses by validation file.
  public var baseLosses: [RoundDocument.SetLoss]
  /// The similarity of each pair of `outcomes`, 0…1, by rows; empty rows for those not evaluated.
  public var similarity: [[Double]]
  /// Seconds that the evaluation took.
  public var seconds: Double

  /// What a validator found; see the properties.
  public init(
    round: UInt64, outcomes: [Outcome], baseLosses: [RoundDocument.SetLoss],
    similarity: [[Double]], seconds: Double
  ) {
    self.round = round
    self.outcomes = outcomes
    self.baseLosses = baseLosses
    self.similarity = similarity
    self.seconds = seconds
  }
}

/// What came of verifying an announced base.
public struct BaseVerification: Codable, Sendable, Hashable {
  /// The round whose base was verified.
  public var round: UInt64
  /// Whether everything agrees.
  public var isVerified: Bool
  /// One sentence for each thing that does not agree.
  public var differences: [String]
  /// SHA-256 of the recomputed weights; nil where the base stayed or an input was missing.
  public var recomputed: ContentDigest?
  /// The largest difference of a score from the manifest's.
  public var scoreDifferenceMaximum: Double

  /// What came of it; see the properties.
  public init(
    round: UInt64, isVerified: Bool, differences: [String], recomputed: ContentDigest?,
    scoreDifferenceMaximum: Double
  ) {
    self.round = round
    self.isVerified = isVerified
    self.differences = differences
    self.recomputed = recomputed
    self.scoreDifferenceMaximum = scoreDifferenceMaximum
  }
}
