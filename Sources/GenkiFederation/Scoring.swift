/// The score of a round: (0.95 − similarity) × Δloss in commit order, a pure function of values.
public enum Scoring {
  /// Scores every candidate; the result is in commit order.
  ///
  /// A later candidate never changes an earlier one's result, and a rejected one changes nobody's.
  /// Only accepted candidates whose loss fell can make a later one "similar".
  public static func scores(_ input: ScoringInput) -> [CandidateScore] {
    var results: [CandidateScore] = []
    var accepted: [Int] = []
    var clusters = RewardClusters()
    for index in commitOrder(input.candidates) {
      var result = verdict(index, after: accepted, in: input)
      if result.isAccepted {
        accepted.append(index)
        apply(&result, input: input, clusters: &clusters)
      }
      results.append(result)
    }
    return results
  }

  /// Rows sorted by order key; equal keys, which a chain cannot produce, fall back to the name.
  static func commitOrder(_ candidates: [ScoringCandidate]) -> [Int] {
    candidates.indices.sorted { left, right in
      let (one, other) = (candidates[left], candidates[right])
      return one.order == other.order ? one.name < other.name : one.order < other.order
    }
  }

  /// Gates that need the other candidates or the measurement.
  private static func verdict(
    _ index: Int, after accepted: [Int], in input: ScoringInput
  ) -> CandidateScore {
    let candidate = input.candidates[index]
    var result = CandidateScore(
      index: index, name: candidate.name, rejection: candidate.rejection,
      measuredGain: candidate.gain?.delta, standardError: candidate.gain?.standardError,
      countedGain: 0, similarity: 0, nearest: nil, score: 0, remark: nil)
    guard candidate.rejection == nil else { return result }
    if let first = accepted.first(where: { input.candidates[$0].isSame(as: candidate) }) {
      result.rejection = .duplicate(of: input.candidates[first].name)
      result.similarity = 1
      result.nearest = first
      return result
    }
    guard let gain = candidate.gain else {
      result.rejection = .nonFiniteLoss(dataset: "any data set")
      return result
    }
    if !gain.delta.isFinite || gain.standardError.isNaN {
      result.rejection = .nonFiniteLoss(dataset: gain.firstNonFinite ?? "the data")
    }
    return result
  }

  /// Both factors are clamped before the product: (0.95 − 1) · (−0.3) would pay a copy of a
  /// harmful model.
  private static func apply(
    _ result: inout CandidateScore, input: ScoringInput, clusters: inout RewardClusters
  ) {
    let rules = input.rules
    let measured = result.measuredGain ?? 0
    let noise = rules.noiseFloorErrors * (result.standardError ?? .infinity)
    result.countedGain = measured > 0 && measured >= noise ? measured : 0
    for earlier in clusters.members {
      let similarity = input.similarity(result.index, earlier)
      if similarity > result.similarity {
        result.similarity = similarity
        result.nearest = earlier
      }
    }
    let novelty = max(0, rules.similarityLimit - result.similarity)
    let uncapped = novelty * result.countedGain
    result.score = uncapped
    if measured > 0 {
      let limit = clusters.add(
        result.index, gain: result.countedGain, factor: rules.similarityLimit
      ) { input.similarity(result.index, $0) >= rules.clusterThreshold }
      result.score = min(uncapped, limit)
      clusters.setScore(result.score, of: result.index)
    }
    result.remark =
      if measured <= 0 {
        .noGain
      } else if result.countedGain == 0 {
        .withinNoise
      } else if novelty == 0 {
        .tooSimilar
      } else if result.score < uncapped {
        .clusterCapped
      } else {
        nil
      }
  }
}
