/// The share p_i of each input in an aggregate, from its u16 weight.
///
/// No input owns more than max(0.5, 1/N), N being the inputs with a weight above zero: what the
/// largest has beyond the cap goes to the others in proportion to their weights (water-filling).
/// With one input the cap is 1, and two inputs always get one half each.
public enum ContributionShares {
  /// Shares that sum to 1 (to rounding), in the order of the weights; nil when all weights are 0.
  ///
  /// Only integer sums and single IEEE operations in list order: the same bits everywhere.
  public static func capped(_ weights: [UInt16]) -> [Double]? {
    let contributors = weights.filter { $0 > 0 }.count
    guard contributors > 0 else { return nil }
    let cap = max(0.5, 1 / Double(contributors))
    var isCapped = weights.map { _ in false }
    while true {
      let fixed = cap * Double(isCapped.filter { $0 }.count)
      let free = zip(weights, isCapped).reduce(into: UInt64(0)) { sum, entry in
        if !entry.1 { sum += UInt64(entry.0) }
      }
      let shares = zip(weights, isCapped).map { weight, capped in
        if capped { return cap }
        return free == 0 ? 0 : Double(weight) * (1 - fixed) / Double(free)
      }
      let over = shares.indices.filter { !isCapped[$0] && shares[$0] > cap }
      if over.isEmpty { return shares }
      for index in over { isCapped[index] = true }
    }
  }
}
