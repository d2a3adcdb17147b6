/// Groups of similar models that together earn at most what the best of them would earn alone.
///
/// Clusters grow in commit order by single linkage, so an earlier score never depends on a later
/// candidate. Only candidates whose loss fell are members: a model that helps nobody must neither
/// block nor tie others together.
struct RewardClusters {
  private struct Member {
    var index: Int
    var cluster: Int
    var gain: Double
    var score: Double
  }

  private var entries: [Member] = []

  /// The rows of the members, in commit order.
  var members: [Int] { entries.map(\.index) }

  /// Adds a candidate, joining every cluster that holds a linked member; returns the most it may
  /// earn: `factor` · the cluster's largest gain up to now − what its earlier members earned.
  mutating func add(
    _ index: Int, gain: Double, factor: Double, isLinked: (Int) -> Bool
  ) -> Double {
    let joined = Set(entries.filter { isLinked($0.index) }.map(\.cluster))
    var best = gain
    var earned = 0.0
    for position in entries.indices where joined.contains(entries[position].cluster) {
      best = max(best, entries[position].gain)
      earned += entries[position].score
      entries[position].cluster = entries.count
    }
    entries.append(Member(index: index, cluster: entries.count, gain: gain, score: 0))
    return max(0, factor * best - earned)
  }

  /// Records what the candidate added last earned.
  mutating func setScore(_ score: Double, of index: Int) {
    guard let last = entries.indices.last, entries[last].index == index else { return }
    entries[last].score = score
  }
}
