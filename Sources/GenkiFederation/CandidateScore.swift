/// The verdict on one candidate.
public struct CandidateScore: Sendable, Equatable {
  /// What limited an accepted candidate's score.
  public enum Remark: String, Sendable, Equatable {
    /// The mean loss did not fall.
    case noGain = "no_gain"
    /// The loss fell by less than the noise of the measurement.
    case withinNoise = "within_noise"
    /// An earlier model behaves alike.
    case tooSimilar = "too_similar"
    /// Similar models together earn what one of them would have earned.
    case clusterCapped = "cluster_capped"
  }

  /// The candidate's row in the input.
  public var index: Int
  /// What the candidate is called.
  public var name: String
  /// Nil for an accepted candidate.
  public var rejection: Rejection?
  /// The measured Δloss, negative where the model is worse; nil where it was not evaluated.
  public var measuredGain: Double?
  /// The standard error of the measured gain.
  public var standardError: Double?
  /// The Δloss that counts: 0 below the noise floor.
  public var countedGain: Double
  /// Similarity to the nearest earlier model, 0…1.
  public var similarity: Double
  /// The row of that model.
  public var nearest: Int?
  /// max(0, 0.95 − similarity) · max(0, Δloss), within the cluster's cap.
  public var score: Double
  /// What limited the score, if anything did.
  public var remark: Remark?

  /// Whether the candidate passed every gate.
  public var isAccepted: Bool { rejection == nil }

  /// One sentence for tables; nil where there is nothing to say.
  public var reason: String? {
    if let rejection { return rejection.description }
    switch remark {
    case .noGain: return "the loss does not fall"
    case .withinNoise: return "the gain is within the noise of the measurement"
    case .tooSimilar: return "too similar to an earlier model"
    case .clusterCapped: return "shares the reward of similar earlier models"
    case nil: return nil
    }
  }
}
