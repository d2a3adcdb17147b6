import GenkiCore
import GenkiKernels

/// Chooses tokens by `SamplingSettings`, the same ones for the same seed.
struct Sampler {
  let settings: SamplingSettings
  private var random: DeterministicRandom
  /// The text's tokens, once each, where the penalty asks for them.
  private var seen: Set<Int32> = []

  init(settings: SamplingSettings, seed: UInt64) {
    self.settings = settings
    random = DeterministicRandom(seed: seed, domain: "genki-dama/sample")
  }

  /// Takes notice of tokens of the text.
  mutating func note(_ tokens: [Int32]) {
    if settings.repetitionPenalty != 1 { seen.formUnion(tokens) }
  }

  /// The next token; equal logits go to the lowest id.
  mutating func next(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
    guard settings.temperature > 0 || !seen.isEmpty else { return Self.mostLikely(logits) }
    let kept = candidates(logits)
    guard settings.temperature > 0 else { return kept.first?.id ?? 0 }
    var point = random.uniform() * kept.reduce(0) { $0 + Double($1.weight) }
    for candidate in kept {
      point -= Double(candidate.weight)
      if point < 0 { return candidate.id }
    }
    return kept.last?.id ?? 0
  }

  /// The tokens that may come next and what they weigh beside each other.
  ///
  /// Costs a few passes over the logits; only what top p may keep is sorted.
  func candidates(_ logits: UnsafeBufferPointer<Float>) -> [(id: Int32, weight: Float)] {
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
    var kept: [(id: Int32, weight: Float)] = []
    for index in scores.indices where scores[index] >= floor {
      kept.append((Int32(index), weights[index]))
    }
    if let share = settings.topP, share < 1 { kept = Self.likeliest(kept, share: share) }
    if let share = settings.minP {
      let least = Float(share) * weights[Int(top)]
      kept.removeAll { $0.weight < least }
    }
    return kept
  }

  /// The fewest of the likeliest candidates that together have this share of the weight.
  private static func likeliest(
    _ candidates: [(id: Int32, weight: Float)], share: Double
  ) -> [(id: Int32, weight: Float)] {
    // Weights are positive, so their upper bits order them: few of them are needed, and sorted.
    func bucket(_ weight: Float) -> Int { Int(weight.magnitude.bitPattern >> 20) }
    var sums = [Double](repeating: 0, count: 1 << 11)
    for candidate in candidates { sums[bucket(candidate.weight)] += Double(candidate.weight) }
    let wanted = sums.reduce(0, +) * share
    var sum = 0.0
    var last = sums.count - 1
    while last > 0 {
      sum += sums[last]
      // Sums in another order may fall short of the same by a rounding.
      if sum > wanted * (1 + 1e-9) { break }
      last -= 1
    }
    var sorted = candidates.filter { bucket($0.weight) >= last }
    sorted.sort { ($1.weight, $0.id) < ($0.weight, $1.id) }
    sum = 0
    var count = 0
    while count < sorted.count, count == 0 || sum < wanted {
      sum += Double(sorted[count].weight)
      count += 1
    }
    return Array(sorted.prefix(count))
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
