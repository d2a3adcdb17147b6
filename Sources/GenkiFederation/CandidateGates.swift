import GenkiTensor

/// The validity gates on values: finite (7), bounded (8), changed (9).
///
/// Nothing here looks at other candidates, so a later one cannot change an earlier verdict.
public struct CandidateGates: Sendable {
  let base: BaseModel
  let limits: CandidateLimits
  /// The base's norms, measured once.
  public let baseNorms: ChangeNorms
  private let medianMatrixNorm: Double

  /// Measures the base; throws where it is not finite.
  public init(base: BaseModel, limits: CandidateLimits = .init(), pool: WorkerPool) throws {
    self.init(base: base, limits: limits, baseNorms: try ChangeNorms.ofBase(base, pool: pool))
  }

  init(base: BaseModel, limits: CandidateLimits, baseNorms: ChangeNorms) {
    self.base = base
    self.limits = limits
    self.baseNorms = baseNorms
    medianMatrixNorm = median(
      base.tensors.indices.filter { base.tensors[$0].isMatrix }.map { baseNorms.norm(of: $0) })
  }

  /// The norms of the candidate's change, or the gate that refuses it.
  public func inspect(
    _ candidate: Candidate, pool: WorkerPool
  ) -> Result<ChangeNorms, Rejection> {
    do {
      let norms = try ChangeNorms.ofChange(candidate, base: base, pool: pool)
      if let rejection = verdict(norms) { return .failure(rejection) }
      return .success(norms)
    } catch {
      return .failure(.unreadable(reason: "\(error)"))
    }
  }

  /// Gates 7 to 9 as a function of the norms.
  func verdict(_ norms: ChangeNorms) -> Rejection? {
    for (index, square) in norms.squares.enumerated() where !square.isFinite {
      return .nonFinite(tensor: base.tensors[index].name)
    }
    guard norms.norm > 0 else { return .unchanged }
    let ratio = norms.norm / baseNorms.norm
    guard ratio <= limits.changeRatio else {
      return .changeTooLarge(ratio: ratio, limit: limits.changeRatio)
    }
    for index in base.tensors.indices where base.tensors[index].isMatrix {
      let limit =
        limits.matrixChangeRatio * max(baseNorms.norm(of: index), medianMatrixNorm)
      let norm = norms.norm(of: index)
      if norm > limit {
        return .matrixChangeTooLarge(tensor: base.tensors[index].name, norm: norm, limit: limit)
      }
    }
    return nil
  }
}

/// The middle value, or the mean of the two middle ones; 0 for none.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return 0 }
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
