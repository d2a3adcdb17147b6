import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTensor

/// One model in memory into which the base, stepped candidates and aggregates are loaded in turn.
///
/// Memory is one model and the evaluator's activations, whatever the number of candidates.
public final class EvaluationSession {
  /// The base.
  public let base: BaseModel
  /// The model's shape.
  public let configuration: ModelConfiguration
  /// The threads that read and merge weights.
  public let pool: WorkerPool
  /// Windows that are evaluated together.
  public let rows: Int
  let model: LanguageModel
  private let threads: Int
  private let kernel: ProductKernel
  private var evaluators: [Int: Evaluator] = [:]
  /// The tensors in memory that may differ from the base's; nil before the first model. The others are
  /// not read again for the next model: several adapters share the base's weights.
  private var changed: [Bool]?

  /// A session over the base; `rows` windows go through the model at a time.
  ///
  /// - Parameter kernel: Computes the matrix products; what decides a score is computed in float32.
  public init(
    base: BaseModel, rows: Int, threads: Int, kernel: ProductKernel = .float32
  ) throws {
    self.base = base
    self.rows = max(1, rows)
    self.threads = max(1, threads)
    self.kernel = kernel
    configuration = try ModelConfiguration.load(path: base.configurationPath)
    pool = WorkerPool(count: threads)
    model = try LanguageModel(configuration: configuration)
  }

  /// Makes θ the model.
  public func loadBase() throws { try load(BaseWeights(base: base)) }

  /// Makes θ + λδ the model.
  public func load(_ candidate: Candidate, step: Double) throws {
    try load(SteppedCandidate(base: base, candidate: candidate, step: Float(step)))
  }

  /// Makes the aggregate at a step the model, as a file of these types will hold it.
  ///
  /// - Returns: The share of the moved weights that rounding keeps; nil where nothing is rounded.
  func load(
    _ candidates: [Candidate], plan: AggregationPlan, step: Double, types: [TensorType]
  ) throws -> Double? {
    let loss = RoundingLoss()
    try load(
      StoredWeights(
        source: AggregatedWeights(base: base, candidates: candidates, plan: plan, step: step),
        types: types, loss: loss))
    return loss.keptShare
  }

  private func load(_ source: some WeightSource) throws {
    let before = changed
    changed = nil
    try MappedFiles.checked(source.files) {
      try source.fill(model, pool: pool) { before?[$0] ?? true || source.changes(tensor: $0) }
    }
    changed = base.tensors.indices.map(source.changes(tensor:))
  }

  /// The losses of the model in memory on every window of the sets; `onWindows` hears how many
  /// windows each batch held.
  public func losses(
    _ sets: [EvaluationSet], onWindows: (Int) -> Void = { _ in }
  ) throws -> [LossProfile] {
    try sets.map { set in
      var profile = LossProfile()
      for start in stride(from: 0, to: set.windowCount, by: rows) {
        let windows = start..<min(set.windowCount, start + rows)
        let batch = set.batch(windows)
        append(try evaluator(set.blockSize).tokenLosses(batch), of: batch, to: &profile)
        onWindows(windows.count)
      }
      return profile
    }
  }

  /// Calls `body` with the logits of every position that has a target, in order; `rows` windows go
  /// through the model together.
  func forEachLogits(
    _ batch: TokenBatch, rows: Int, _ body: (UnsafeBufferPointer<Float>) -> Void
  ) throws {
    for start in stride(from: 0, to: batch.rows, by: rows) {
      let part = batch.rows(start..<min(batch.rows, start + rows))
      try evaluator(batch.blockSize).forEachLogits(part) { position, logits in
        if part.targets[position] != TokenBatch.ignoredTarget { body(logits) }
      }
    }
  }

  func makeGenerator(contextLength: Int) throws -> Generator {
    try Generator(model: model, contextLength: contextLength, threads: threads)
  }

  private func evaluator(_ blockSize: Int) throws -> Evaluator {
    if let evaluator = evaluators[blockSize] { return evaluator }
    let evaluator = try Evaluator(
      model: model, blockSize: blockSize, rowsMaximum: rows, threads: threads,
      kernel: kernel)
    evaluators[blockSize] = evaluator
    return evaluator
  }

  /// Sums each window's losses in float64, position by position.
  private func append(_ losses: [Float], of batch: TokenBatch, to profile: inout LossProfile) {
    for row in 0..<batch.rows {
      var sum = 0.0
      var tokens = 0
      for position in (row * batch.blockSize)..<((row + 1) * batch.blockSize)
      where batch.targets[position] != TokenBatch.ignoredTarget {
        sum += Double(losses[position])
        tokens += 1
      }
      profile.append(sum: sum, tokens: tokens)
    }
  }
}

extension TokenBatch {
  /// Some of the windows.
  func rows(_ range: Range<Int>) -> TokenBatch {
    let elements = (range.lowerBound * blockSize)..<(range.upperBound * blockSize)
    return TokenBatch(
      rows: range.count, blockSize: blockSize, inputs: Array(inputs[elements]),
      targets: Array(targets[elements]))
  }
}
