import GenkiCore
import GenkiTensor

/// The merge itself, for callers that bring candidates and weights of their own.
///
/// Results depend on the files' content, the weights, the strategy and the step, on nothing else:
/// neither threads nor processor.
public enum Aggregation {
  /// Writes θ + λΔ of candidates in commit order as one safetensors file.
  ///
  /// - Throws: `FederationError.nothingToAggregate` where all weights are 0.
  @discardableResult
  public static func write(
    candidates: [Candidate], weights: [UInt16], strategy: AggregationStrategy, step: Double,
    base: BaseModel, damaType: DamaType = .float32, to path: String, threads: Int
  ) throws -> AggregationPlan {
    let pool = WorkerPool(count: threads)
    let norms = try ChangePass(base: base, candidates: candidates, keepsPages: true)
      .run(pool: pool).map(\.norm)
    let plan = try AggregationPlan(strategy: strategy, weights: weights, norms: norms)
    _ = try AggregatedWeights(base: base, candidates: candidates, plan: plan, step: step)
      .write(to: path, types: StoredTypes(damaType, of: base).types, pool: pool)
    return plan
  }

  /// Computes θ + λΔ into memory, in float32: norms, their bound, and the combined change.
  ///
  /// A mean is added up in the pass that measures the norms, as if none were bounded; only where one
  /// is, the models are read a second time. The bits are those of `write`.
  ///
  /// - Parameters:
  ///   - out: Room for `base.elementCount` elements, which takes the base's tensors one after the
  ///     other in their order.
  ///   - keepsPages: Whether the files' pages stay mapped, for a caller that reads them again.
  /// - Throws: `FederationError.nothingToAggregate` where all weights are 0.
  @discardableResult
  public static func merge(
    candidates: [Candidate], weights: [UInt16], strategy: AggregationStrategy, step: Double,
    base: BaseModel, into out: UnsafeMutableBufferPointer<Float>, keepsPages: Bool = false,
    pool: WorkerPool
  ) throws -> AggregationPlan {
    precondition(out.count >= base.elementCount, "there is room for every element")
    guard let start = out.baseAddress else {
      throw FederationError.nothingToAggregate(reason: "the base has no element")
    }
    var offsets: [Int] = []
    var end = 0
    for tensor in base.tensors {
      offsets.append(end)
      end += tensor.elementCount
    }
    let target = SendableAddress(start)
    let unbounded = try AggregationPlan(
      strategy: strategy, weights: weights, norms: candidates.map { _ in 0 })
    let guess = AggregatedWeights(
      base: base, candidates: candidates, plan: unbounded, step: step)
    let pass = ChangePass(base: base, candidates: candidates, keepsPages: keepsPages)
    let norms = try pass.run(
      pool: pool,
      merge: guess.meanCoefficients.map {
        ChangePass.Merge(
          coefficients: $0, step: Float(step), offsets: offsets, out: target)
      })
    let plan = try AggregationPlan(
      strategy: strategy, weights: weights, norms: norms.map(\.norm))
    let weights = AggregatedWeights(base: base, candidates: candidates, plan: plan, step: step)
    if guess.meanCoefficients == nil || weights.meanCoefficients != guess.meanCoefficients {
      try weights.fill(target, offsets: offsets, keepsPages: keepsPages, pool: pool)
    }
    return plan
  }
}
