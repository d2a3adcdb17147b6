/// The rule that combines the changes of several models into one.
public enum AggregationStrategy: String, Sendable, CaseIterable {
  /// Σ p_i δ_i with the shares p_i of the u16 weights.
  case weightedMean = "weighted-mean"
  /// The median of each coordinate (Yin 2018, arXiv 1803.01498); weights only choose who takes part.
  case median
  /// Each coordinate's mean without the ⌊0.2·N⌋ smallest and largest (same source).
  case trimmedMean = "trimmed-mean"

  /// The part of the values that the trimmed mean drops at each end.
  public static let trimFraction = 0.2

  /// The names that commands take.
  public static var names: [String] { allCases.map(\.rawValue) }

  /// The strategy of that name; an unknown name is refused, listing the known ones.
  public static func named(_ name: String) throws -> AggregationStrategy {
    guard let strategy = AggregationStrategy(rawValue: name) else {
      throw FederationError.unknownStrategy(name: name)
    }
    return strategy
  }

  /// Which of `count` sorted values are averaged; nil for a strategy that does not sort.
  func keptRows(of count: Int) -> Range<Int>? {
    switch self {
    case .weightedMean: return nil
    case .median: return ((count - 1) / 2)..<(count / 2 + 1)
    case .trimmedMean:
      let dropped = Int(Self.trimFraction * Double(count))
      return dropped..<(count - dropped)
    }
  }

  /// What the operator should know about this strategy with so many models; nil if nothing.
  public func remark(models count: Int) -> String? {
    guard self == .trimmedMean, keptRows(of: count) == 0..<count else { return nil }
    return "trimmed-mean drops nothing with fewer than 5 models: it is the plain mean here"
  }
}
