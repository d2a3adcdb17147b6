/// The constants of a round's score; they come from the round's manifest.
public struct ScoringRules: Sendable, Equatable {
  /// Similarity from which a candidate earns nothing: the 0.95 of (0.95 − similarity) × Δloss.
  public var similarityLimit: Double
  /// Weight ancestry counts as similarity from here on.
  public var ancestryThreshold: Double
  /// Candidates at least this similar share one cluster's reward.
  public var clusterThreshold: Double
  /// A gain below this many standard errors counts as none.
  public var noiseFloorErrors: Double
  /// The step λ at which the gain is measured; 1 is the literal reading.
  public var stepSize: Double

  /// The defaults are those of a round whose manifest says nothing else.
  public init(
    similarityLimit: Double = 0.95, ancestryThreshold: Double = 0.90,
    clusterThreshold: Double = 0.85, noiseFloorErrors: Double = 2, stepSize: Double = 0.125
  ) {
    self.similarityLimit = similarityLimit
    self.ancestryThreshold = ancestryThreshold
    self.clusterThreshold = clusterThreshold
    self.noiseFloorErrors = noiseFloorErrors
    self.stepSize = stepSize
  }
}
