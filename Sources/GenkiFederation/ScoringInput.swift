import GenkiCore

/// What is known of one candidate when the scores are computed.
public struct ScoringCandidate: Sendable, Equatable {
  /// What the candidate is called in reasons and tables.
  public var name: String
  /// Its place in the round.
  public var order: OrderKey
  /// The hash by which equal models are known, of its files or of its values; nil where they could not
  /// be read.
  public var contentDigest: ContentDigest?
  /// The hash of its values as the base's types hold them; nil where rounding changes nothing that counts.
  public var roundedDigest: ContentDigest?
  /// The gate that refused it, if one did.
  public var rejection: Rejection?
  /// Its measured gain at the round's step; nil where it was not evaluated.
  public var gain: LossGain?

  /// A candidate; what was not measured stays nil.
  public init(
    name: String, order: OrderKey, contentDigest: ContentDigest?,
    rejection: Rejection? = nil, gain: LossGain? = nil
  ) {
    self.name = name
    self.order = order
    self.contentDigest = contentDigest
    roundedDigest = nil
    self.rejection = rejection
    self.gain = gain
  }
}

extension ScoringCandidate {
  /// Whether both are one model: equal, or equal once rounded to the base's types.
  func isSame(as other: ScoringCandidate) -> Bool {
    if let digest = contentDigest, digest == other.contentDigest { return true }
    return roundedDigest.map { $0 == other.roundedDigest } ?? false
  }
}

/// Everything the scores of a round depend on; rows of the matrices follow `candidates`.
public struct ScoringInput: Sendable, Equatable {
  /// The round's constants.
  public var rules: ScoringRules
  /// In any order: the order key decides.
  public var candidates: [ScoringCandidate]
  /// The functional similarity of each pair, −1…1.
  public var functional: SymmetricMatrix
  /// The weight ancestry of each pair of full models, −1…1.
  public var ancestry: SymmetricMatrix

  /// Both matrices must have one row a candidate.
  public init(
    rules: ScoringRules, candidates: [ScoringCandidate], functional: SymmetricMatrix,
    ancestry: SymmetricMatrix
  ) {
    precondition(
      functional.count == candidates.count && ancestry.count == candidates.count,
      "the similarity matrices need one row for each candidate")
    self.rules = rules
    self.candidates = candidates
    self.functional = functional
    self.ancestry = ancestry
  }

  /// How similar two candidates are, 0…1: the largest of the functional similarity, the weight
  /// ancestry where it reaches the threshold, and 1 for equal hashes.
  ///
  /// A similarity that is not a number cannot clear anybody: it counts as 1.
  public func similarity(_ first: Int, _ second: Int) -> Double {
    let (one, other) = (candidates[first], candidates[second])
    if one.isSame(as: other) { return 1 }
    let measured = functional[first, second]
    guard measured.isFinite else { return 1 }
    var result = measured
    let ancestry = ancestry[first, second]
    if ancestry >= rules.ancestryThreshold {
      result = max(result, ancestry)
    }
    return min(max(result, 0), 1)
  }
}
