import GenkiKernels
import GenkiTensor

/// One pass over the base and several candidates that measures every change, and on the way can
/// merge the changes too.
///
/// The candidates' streams run side by side over a piece of the base that stays in the cache. A
/// norm is the sum over chunks of 64 Ki elements in order, and the merge adds the candidates in
/// order, so neither depends on the threads.
struct ChangePass {
  /// What to merge into while measuring.
  struct Merge {
    /// What each candidate's change is multiplied by.
    var coefficients: [Float]
    /// λ.
    var step: Float
    /// Where the result of each tensor begins.
    var offsets: [Int]
    /// The result.
    var out: SendableAddress
  }

  let base: BaseModel
  let candidates: [Candidate]
  /// Whether the pages stay mapped, because the candidates are read again right after.
  var keepsPages = false

  /// The norms of candidate − base; a tensor with a value that is not finite has NaN.
  func run(pool: WorkerPool, merge: Merge? = nil) throws -> [ChangeNorms] {
    let windows = ChunkedWork.chunks(
      counts: base.tensors.map(\.elementCount), elements: ChunkedWork.windowElements)
    let sums = try ChunkedWork(pool: pool).map(count: windows.count) { index, scratch in
      let window = windows[index]
      defer { if !keepsPages { release(window) } }
      return try ChunkedWork.parts(of: window, elements: ChunkedWork.sumElements).map {
        try squares($0, merge: merge, scratch: scratch)
      }
    }
    return candidates.indices.map { candidate in
      var squares = [Double](repeating: 0, count: base.tensors.count)
      for (window, parts) in zip(windows, sums) {
        for part in parts { squares[window.tensor] += part[candidate] }
      }
      return ChangeNorms(squares: squares)
    }
  }

  private func release(_ window: Chunk) {
    base.release(window)
    for candidate in candidates { candidate.release(window) }
  }

  /// Each candidate's sum of squares over one chunk.
  private func squares(
    _ chunk: Chunk, merge: Merge?, scratch: ScratchBuffers
  ) throws -> [Double] {
    let size = Int(GENKI_SQUARES_STATE)
    return try withUnsafeTemporaryAllocation(
      of: Double.self, capacity: size * max(1, candidates.count)
    ) { states in
      states.initialize(repeating: 0)
      guard let start = states.baseAddress else { return [] }
      for part in ChunkedWork.parts(of: chunk, elements: ChunkedWork.cachedElements) {
        try measure(part, merge: merge, states: start, scratch: scratch)
      }
      return candidates.indices.map { index in
        let square = genki_squares_total(start + size * index)
        return square.isFinite ? square : .nan
      }
    }
  }

  /// One piece of a chunk: every candidate's squares into its state, and the merge where there is
  /// one.
  private func measure(
    _ part: Chunk, merge: Merge?, states: UnsafeMutablePointer<Double>, scratch: ScratchBuffers
  ) throws {
    let count = part.range.count
    let baseValues = try base.floats(part, or: scratch.floats(0, count: count))
    let sum = merge.map { _ in scratch.floats(1, count: count) }
    sum?.update(repeating: 0, count: count)
    var group = ModelGroup(
      part: part, base: baseValues, sum: sum, states: states, scratch: scratch)
    for (index, candidate) in candidates.enumerated() where candidate.changes(tensor: part.tensor) {
      try group.add(candidate, index: index, coefficient: merge?.coefficients[index] ?? 0)
    }
    group.flush()
    if let merge, let sum {
      let out = merge.out.address + merge.offsets[part.tensor] + part.range.lowerBound
      if candidates.contains(where: { $0.changes(tensor: part.tensor) }) {
        genki_add_scaled(out, baseValues, sum, merge.step, count)
      } else {
        // Adding 0 would make 0 of −0.
        out.update(from: baseValues, count: count)
      }
    }
  }
}
