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

  /// Measures the base; throws where it is not finite, and where no full model could be stored over it.
  public init(base: BaseModel, limits: CandidateLimits = .init(), pool: WorkerPool) throws {
    if limits.types == .ofBaseOrWider { try base.checkTypes() }
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
      let norms = try ChangePass(base: base, candidates: [candidate]).run(pool: pool)
      return norms[0].refused(by: verdict)
    } catch {
      return .failure(.unreadable(reason: "\(error)"))
    }
  }

  /// The same for all candidates that could be opened, which are read side by side; `keepsPages`
  /// where they are read again right after.
  func inspect(
    _ opened: [Result<Candidate, Rejection>], keepsPages: Bool = false, pool: WorkerPool
  ) -> [Result<(candidate: Candidate, norms: ChangeNorms), Rejection>] {
    let candidates = opened.compactMap { try? $0.get() }
    let verdicts = stride(from: 0, to: candidates.count, by: Self.candidatesTogether).flatMap {
      let group = Array(candidates[$0..<min(candidates.count, $0 + Self.candidatesTogether)])
      do {
        return try ChangePass(base: base, candidates: group, keepsPages: keepsPages)
          .run(pool: pool).map { $0.refused(by: verdict) }
      } catch {
        // One of them cannot be read: alone each says so for itself.
        return group.map { inspect($0, pool: pool) }
      }
    }
    var next = verdicts.makeIterator()
    return opened.map { result in
      result.flatMap { candidate in
        guard let verdict = next.next() else {
          preconditionFailure("there is a verdict for each candidate")
        }
        return verdict.map { (candidate, $0) }
      }
    }
  }

  /// Candidates that pass over the base together.
  private static let candidatesTogether = 16

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

extension ChangeNorms {
  fileprivate func refused(
    by verdict: (ChangeNorms) -> Rejection?
  ) -> Result<ChangeNorms, Rejection> { verdict(self).map { .failure($0) } ?? .success(self) }
}

/// The middle value, or the mean of the two middle ones; 0 for none.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return 0 }
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
