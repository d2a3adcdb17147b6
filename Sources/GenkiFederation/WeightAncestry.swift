import GenkiKernels
import GenkiTensor

/// How alike candidates moved in weight space: the median over matrices of the cosine of the changes,
/// which for an adapter are its products s·B·A.
///
/// Permuted or rescaled copies escape it; the functional similarity catches those. It catches a
/// copy that was trained on, whose behaviour drifts before its weights do, and a stretched one: the
/// cosine does not see a factor. Two adapters of different makers hardly agree at all, even on the
/// same text, so it costs no honest miner anything.
public enum WeightAncestry {
  /// The pairwise ancestry; 0 wherever a candidate is nil.
  ///
  /// Costs one pass over all models; memory is one chunk a model and thread.
  public static func matrix(
    of candidates: [Candidate?], base: BaseModel, pool: WorkerPool
  ) throws -> SymmetricMatrix {
    var result = SymmetricMatrix(count: candidates.count)
    let present = candidates.indices.filter { candidates[$0] != nil }
    let matrices = base.tensors.indices.filter { base.tensors[$0].isMatrix }
    guard present.count > 1, !matrices.isEmpty else { return result }
    let models = present.compactMap { candidates[$0] }
    let products = try gramByMatrix(models, matrices: matrices, base: base, pool: pool)
    for row in models.indices {
      for column in models.indices where column < row {
        let cosines = products.compactMap { cosine($0, row, column) }
        result[present[row], present[column]] = median(cosines)
      }
    }
    return result
  }

  /// Nil where one of the two left the matrix unchanged: it says nothing about them.
  private static func cosine(_ gram: SymmetricMatrix, _ row: Int, _ column: Int) -> Double? {
    let norms = (gram[row, row] * gram[column, column]).squareRoot()
    return norms > 0 ? min(1, max(-1, gram[row, column] / norms)) : nil
  }

  /// Dot products of all pairs of changes, one matrix of products for each weight matrix.
  private static func gramByMatrix(
    _ models: [Candidate], matrices: [Int], base: BaseModel, pool: WorkerPool
  ) throws -> [SymmetricMatrix] {
    let chunks = ChunkedWork.chunks(counts: matrices.map { base.tensors[$0].elementCount })
    let parts = try ChunkedWork(pool: pool).map(count: chunks.count) { index, scratch in
      let count = chunks[index].range.count
      let chunk = Chunk(tensor: matrices[chunks[index].tensor], range: chunks[index].range)
      let baseValues = scratch.floats(models.count, count: count)
      try base.read(chunk, into: baseValues)
      var gram = SymmetricMatrix(count: models.count)
      for (row, model) in models.enumerated() {
        let change = scratch.floats(row, count: count)
        try model.readChange(chunk, base: baseValues, into: change)
        for column in 0...row {
          gram[row, column] = genki_dot_product(
            change, scratch.floats(column, count: count), count)
        }
      }
      return gram
    }
    var sums = matrices.map { _ in SymmetricMatrix(count: models.count) }
    for (chunk, part) in zip(chunks, parts) { sums[chunk.tensor].add(part) }
    return sums
  }
}

extension SymmetricMatrix {
  /// Adds another matrix element by element.
  mutating func add(_ other: SymmetricMatrix) {
    for row in 0..<count {
      for column in 0...row { self[row, column] += other[row, column] }
    }
  }
}
