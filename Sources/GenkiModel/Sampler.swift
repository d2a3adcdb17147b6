import GenkiCore
import GenkiKernels

/// Chooses tokens by `SamplingSettings`, the same ones for the same seed.
package struct Sampler {
  /// A token, and what it weighs beside others.
  package typealias Candidate = (id: Int32, weight: Float)

  let settings: SamplingSettings
  private var random: DeterministicRandom
  /// The text's tokens, once each, where the penalty asks for them.
  private var seen: Set<Int32> = []

  /// - Parameter seed: Decides the draws.
  package init(settings: SamplingSettings, seed: UInt64) {
    self.settings = settings
    random = DeterministicRandom(seed: seed, domain: "genki-dama/sample")
  }

  /// Takes notice of tokens of the text.
  package mutating func note(_ tokens: [Int32]) {
    if settings.repetitionPenalty != 1 { seen.formUnion(tokens) }
  }

  /// The next token; equal logits go to the lowest id.
  package mutating func next(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
    guard settings.temperature > 0 || !seen.isEmpty else { return Self.mostLikely(logits) }
    let kept = candidates(logits)
    guard settings.temperature > 0 else { return kept.first?.id ?? 0 }
    let order = CandidateOrder(kept)
    return order.candidate(at: random.uniform() * order.total)
  }

  /// The tokens that may come next and what they weigh beside each other.
  ///
  /// Costs a few passes over the logits; only what top p may keep is sorted.
  package func candidates(_ logits: UnsafeBufferPointer<Float>) -> [Candidate] {
    var scores = Array(logits)
    let penalty = Float(settings.repetitionPenalty)
    for id in seen where scores.indices.contains(Int(id)) {
      let score = scores[Int(id)]
      scores[Int(id)] = score < 0 ? score * penalty : score / penalty
    }
    let top = scores.withUnsafeBufferPointer { Self.mostLikely($0) }
    guard settings.temperature > 0 else { return [(top, 1)] }
    let temperature = Float(settings.temperature)
    for index in scores.indices { scores[index] /= temperature }
    var weights = scores
    genki_softmax_rows(&weights, scores.count, scores.count, 1)
    // Broken weights leave nothing to choose from.
    guard weights.indices.contains(Int(top)), weights[Int(top)].isFinite else { return [(top, 1)] }
    var floor = -Float.infinity
    if let k = settings.topK, k < scores.count { floor = Self.largest(max(1, k), of: scores) }
    var kept: [Candidate] = []
    for index in scores.indices where scores[index] >= floor {
      kept.append((Int32(index), weights[index]))
    }
    if let share = settings.topP, share < 1 { kept = CandidateOrder(kept).likeliest(share: share) }
    if let share = settings.minP {
      let least = Float(share) * weights[Int(top)]
      kept.removeAll { $0.weight < least }
    }
    return kept
  }

  /// The k-th largest score.
  private static func largest(_ k: Int, of scores: [Float]) -> Float {
    // The upper bits of this key order the scores; the bucket that holds the k-th is sorted.
    func bucket(_ score: Float) -> Int {
      let bits = score.bitPattern
      return Int((bits >> 31 == 0 ? bits | 1 << 31 : ~bits) >> 20)
    }
    var counts = [Int](repeating: 0, count: 1 << 12)
    for score in scores { counts[bucket(score)] += 1 }
    var above = 0
    for place in counts.indices.reversed() where counts[place] > 0 {
      guard above + counts[place] >= k else {
        above += counts[place]
        continue
      }
      return scores.filter { bucket($0) == place }.sorted(by: >)[k - 1 - above]
    }
    return -Float.infinity
  }

  /// The id of the largest logit, the lowest of equal ones.
  static func mostLikely(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return Int32(best)
  }
}
