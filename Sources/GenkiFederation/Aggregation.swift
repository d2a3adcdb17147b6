import GenkiCore
import GenkiTensor

/// The merge itself, for callers that bring candidates and weights of their own.
public enum Aggregation {
  /// Writes θ + λΔ of candidates in commit order as one safetensors file.
  ///
  /// The bytes depend on the files' content, the weights, the strategy and the step, on nothing else:
  /// neither threads nor processor.
  ///
  /// - Throws: `FederationError.nothingToAggregate` where all weights are 0.
  @discardableResult
  public static func write(
    candidates: [Candidate], weights: [UInt16], strategy: AggregationStrategy, step: Double,
    base: BaseModel, to path: String, threads: Int
  ) throws -> AggregationPlan {
    let pool = WorkerPool(count: threads)
    let norms = try candidates.map {
      try ChangeNorms.ofChange($0, base: base, pool: pool).norm
    }
    let plan = try AggregationPlan(strategy: strategy, weights: weights, norms: norms)
    try AggregatedWeights(base: base, candidates: candidates, plan: plan, step: step)
      .write(to: path, pool: pool)
    return plan
  }
}
