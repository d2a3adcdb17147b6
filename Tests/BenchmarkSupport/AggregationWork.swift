import GenkiFederation
import GenkiTensor

/// One weighted mean after the other, of models whose files are mapped and whose pages stay.
package struct AggregationWork: MeasuredWork {
  private let base: BaseModel
  private let candidates: [Candidate]
  private let pool: WorkerPool
  private let arena: Arena
  private let out: UnsafeMutableBufferPointer<Float>

  /// The models' weights in the mean, largest last.
  static func scores(_ models: Int) -> [UInt16] {
    (1...models).map { UInt16($0 * Int(UInt16.max) / models) }
  }

  init(_ folders: CachedModel, models: Int, threads: Int) throws {
    let base = try BaseModel.open(folder: folders.model)
    self.base = base
    candidates = try (0..<models).map {
      try Candidate.open(folder: folders.candidate($0), base: base).get()
    }
    pool = WorkerPool(count: threads)
    arena = try Arena(byteCount: Arena.bytes(base.elementCount, of: Float.self))
    arena.touch()
    out = arena.take(base.elementCount)
  }

  package mutating func prepare(step: Int) {}

  package mutating func perform() throws -> StepOutcome {
    try Aggregation.merge(
      candidates: candidates, weights: Self.scores(candidates.count), strategy: .weightedMean,
      step: 1, base: base, into: out, keepsPages: true, pool: pool)
    // In the loss's place, so that both sides can be seen to do the same.
    let sample = out.prefix(1 << 16)
    return StepOutcome(
      loss: sample.reduce(0.0) { $0 + Double($1).magnitude } / Double(sample.count))
  }
}
