/// How much each input of an aggregation counts: everything but the tensors themselves.
public struct AggregationPlan: Sendable, Equatable {
  /// One input's part.
  public struct Input: Sendable, Equatable {
    /// The manifest's weight.
    public var weight: UInt16
    /// p_i, from the weights and the cap.
    public var share: Double
    /// ‖δ_i‖.
    public var norm: Double
    /// min(1, bound / ‖δ_i‖).
    public var normFactor: Double

    /// What the change is multiplied by in the mean.
    var coefficient: Float { Float(share * normFactor) }
  }

  /// How changes are combined.
  public var strategy: AggregationStrategy
  /// The bound on a change's norm, as a multiple of the median norm.
  public var normBound: Double
  /// In commit order.
  public var inputs: [Input]

  /// The bound that the default rules set: 3 × median.
  public static let defaultNormBound = 3.0

  /// Shares from the weights, and norm factors from the norms of the inputs that weigh something.
  ///
  /// Throws where no weight is above zero: the base then stays as it is.
  public init(
    strategy: AggregationStrategy, weights: [UInt16], norms: [Double],
    normBound: Double = defaultNormBound
  ) throws {
    precondition(weights.count == norms.count, "one norm for each weight")
    guard let shares = ContributionShares.capped(weights) else {
      throw FederationError.nothingToAggregate(reason: "no model has a weight above zero")
    }
    let limit = normBound * median(zip(weights, norms).filter { $0.0 > 0 }.map(\.1))
    self.strategy = strategy
    self.normBound = normBound
    inputs = weights.indices.map { index in
      let norm = norms[index]
      return Input(
        weight: weights[index], share: shares[index], norm: norm,
        normFactor: norm > limit ? limit / norm : 1)
    }
  }
}
