import GenkiKernels
import GenkiModel
import GenkiTensor

/// How alike models changed the base's predictions on a probe: the cosine of (√p_i − √p_0) and
/// (√p_j − √p_0) over all positions and tokens, each model at its full step.
///
/// It sees what a model does, not how it is written: permuted, rescaled or merged copies read 1.
public struct FunctionalSimilarity: Sendable {
  /// Vocabularies up to this size are compared token by token.
  public static let denseVocabularyMaximum = 8_192
  /// Of larger ones, this many tokens that the base finds likeliest at a position are kept, and one
  /// bin holds the rest.
  public static let keptTokens = 64
  /// About this many tokens of the probe go through a model together. Matrix products may round by
  /// their shapes, so this is fixed: neither the number of models nor the memory may show.
  static let batchTokens = 256

  /// The memory that kept changes may take unless told.
  public static let keptBytesMaximum = 256 << 20

  /// The memory that the kept changes of some models take.
  static func keptBytes(vocabularySize: Int, models: Int, positions: Int) -> Int {
    let width = ChangeAccumulator.width(vocabularySize: vocabularySize)
    let all = Double(positions) * Double(width * MemoryLayout<Float>.size) * Double(models + 1)
    return Int(min(all, Double(keptBytesMaximum)))
  }

  /// Dot products of the changes, summed over positions.
  public let products: SymmetricMatrix
  /// The positions of the probe.
  public let positions: Int
  /// Candidates whose predictions were not finite.
  public let nonFinite: Set<Int>

  /// Whether a candidate predicts what the base predicts: ‖a‖ < 1e-6·√T.
  public func isUnchanged(_ candidate: Int) -> Bool {
    products[candidate, candidate].squareRoot() < 1e-6 * Double(positions).squareRoot()
  }

  /// The cosine of each pair, −1…1; 0 where one of them is unchanged, NaN where not finite.
  public var matrix: SymmetricMatrix {
    var result = SymmetricMatrix(count: products.count)
    for row in 0..<products.count {
      for column in 0...row {
        if nonFinite.contains(row) || nonFinite.contains(column) {
          result[row, column] = .nan
        } else if isUnchanged(row) || isUnchanged(column) {
          result[row, column] = 0
        } else {
          let norms =
            products[row, row].squareRoot() * products[column, column].squareRoot()
          result[row, column] =
            row == column ? 1 : min(1, max(-1, products[row, column] / norms))
        }
      }
    }
    return result
  }

  /// Measures the candidates that are not nil on the probe.
  ///
  /// The probe is worked through in blocks of whole batches so that the kept changes fit in
  /// `memoryBytes`, or of one batch where they cannot; sums run position by position, so the block
  /// size does not show in the result.
  public static func measured(
    _ candidates: [Candidate?], probe: [EvaluationSet], session: EvaluationSession,
    memoryBytes: Int = keptBytesMaximum, progress: (String, Int) -> Void = { _, _ in }
  ) throws -> FunctionalSimilarity {
    var accumulator = ChangeAccumulator(
      count: candidates.count, vocabularySize: session.configuration.vocabularySize)
    let models = candidates.indices.filter { candidates[$0] != nil }
    for set in probe {
      let batchRows = max(1, min(session.rows, batchTokens / set.blockSize))
      let batchBytes = batchRows * set.blockSize * accumulator.width * MemoryLayout<Float>.size
      let rows = batchRows * max(1, memoryBytes / max(1, batchBytes * (models.count + 1)))
      for start in stride(from: 0, to: set.windowCount, by: rows) {
        let batch = set.batch(start..<min(set.windowCount, start + rows))
        progress("probing the base", batch.rows)
        try session.loadBase()
        accumulator.beginBlock(positions: batch.targetCount)
        try session.forEachLogits(batch, rows: batchRows) { accumulator.addBase($0) }
        for index in models {
          guard let candidate = candidates[index] else { continue }
          progress("probing \(candidate.name)", batch.rows)
          try session.load(candidate, step: 1)
          accumulator.beginCandidate(index)
          try session.forEachLogits(batch, rows: batchRows) { accumulator.addCandidate($0) }
        }
        accumulator.endBlock(models: models, pool: session.pool)
      }
    }
    return FunctionalSimilarity(
      products: accumulator.products, positions: accumulator.positions,
      nonFinite: accumulator.nonFinite)
  }
}
