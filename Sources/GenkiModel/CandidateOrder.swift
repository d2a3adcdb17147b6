/// Tokens from the likeliest to the least likely, of equal ones the lowest id first.
///
/// Sorting a vocabulary takes longer than a small model computes. Weights are not negative, so their upper
/// bits order them: they are counted in buckets, and only the bucket that decides is sorted.
struct CandidateOrder {
  typealias Candidate = Sampler.Candidate

  /// The sum of all weights.
  let total: Double
  private let candidates: [Candidate]
  private let sums: [Double]

  init(_ candidates: [Candidate]) {
    var sums = [Double](repeating: 0, count: 1 << 11)
    for candidate in candidates { sums[Self.bucket(candidate)] += Double(candidate.weight) }
    self.candidates = candidates
    self.sums = sums
    total = sums.reduce(0, +)
  }

  private static func bucket(_ candidate: Candidate) -> Int {
    Int(candidate.weight.magnitude.bitPattern >> 20)
  }

  /// The bucket in which the sum from the likeliest on passes `point`, and the sum before it.
  private func bucket(at point: Double) -> (place: Int, before: Double) {
    var before = 0.0
    var last = (place: 0, before: 0.0)
    for place in sums.indices.reversed() where sums[place] > 0 {
      last = (place, before)
      if before + sums[place] > point { break }
      before += sums[place]
    }
    return last
  }

  private func sorted(_ place: Int) -> [Candidate] {
    candidates.filter { Self.bucket($0) == place }
      .sorted { ($1.weight, $0.id) < ($0.weight, $1.id) }
  }

  /// The first candidate with which the sum passes `point`; else the last one.
  func candidate(at point: Double) -> Int32 {
    var (place, sum) = bucket(at: point)
    let inside = sorted(place)
    for candidate in inside {
      sum += Double(candidate.weight)
      if sum > point { return candidate.id }
    }
    return inside.last?.id ?? 0
  }

  /// The fewest of the likeliest that together have this share of the weight, at least one.
  func likeliest(share: Double) -> [Candidate] {
    let wanted = total * share
    var (place, sum) = bucket(at: wanted)
    var kept = candidates.filter { Self.bucket($0) > place }
    for candidate in sorted(place) where sum < wanted || kept.isEmpty {
      kept.append(candidate)
      sum += Double(candidate.weight)
    }
    return kept
  }
}
