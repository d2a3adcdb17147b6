import GenkiModel
import GenkiTensor

/// What one step gave, so that both sides can be seen to do the same work.
package struct StepOutcome: Sendable, Equatable {
  /// The mean loss of the step's targets before any update; nil where there is none.
  package var loss: Double?
  /// The new tokens of decoding.
  package var tokens: [Int32]

  /// The SHA-256 of a text's ids, little-endian 32-bit numbers, in hexadecimal digits.
  package var digest: String?

  package init(loss: Double? = nil, tokens: [Int32] = [], digest: String? = nil) {
    self.loss = loss
    self.tokens = tokens
    self.digest = digest
  }
}

/// A loaded workload, ready for its first step.
package protocol MeasuredWork {
  /// Makes a step's data; its time is not counted.
  mutating func prepare(step: Int) throws
  /// Does the step.
  mutating func perform() throws -> StepOutcome
  /// Adds to a step's outcome what is costly to say; its time is not counted.
  mutating func describe(_ outcome: inout StepOutcome)
}

extension MeasuredWork {
  package mutating func describe(_ outcome: inout StepOutcome) {}
}

extension Workload {
  /// Whether `--compute` says what computes it; decoding and the rest have one way.
  package var hasKernels: Bool {
    switch task {
    case .training, .evaluation, .adapters: true
    case .decoding, .aggregation, .tokenization: false
    }
  }

  /// Loads the workload's model and takes all memory.
  package func load(
    _ folders: CachedModel, threads: Int, kernel: ProductKernel
  ) throws -> any MeasuredWork {
    switch task {
    case .training(let rows, let blockSize, _):
      return try TrainingWork(
        model: folders.load(), rows: rows, blockSize: blockSize, threads: threads,
        kernel: kernel)
    case .evaluation(let rows, let blockSize):
      return try EvaluationWork(
        model: folders.load(), rows: rows, blockSize: blockSize, threads: threads,
        kernel: kernel)
    case .decoding(let promptTokens, let newTokens, _):
      return try DecodingWork(
        folder: folders.model, promptTokens: promptTokens, newTokens: newTokens, threads: threads)
    case .aggregation(let models, _):
      return try AggregationWork(folders, models: models, threads: threads)
    case .adapters(let adapters, let rows, let blockSize, let together):
      return try AdaptersWork(
        folders, adapters: adapters, rows: rows, blockSize: blockSize, together: together,
        threads: threads, kernel: kernel)
    case .tokenization:
      return try TokenizationWork(folders)
    }
  }
}

/// One optimiser step after the other.
package struct TrainingWork: MeasuredWork {
  /// The same on both sides; everything decays, as in PyTorch's default.
  static let optimizer = OptimizerSettings(weightDecay: 0.01, decayAll: true)
  static let learningRate = 1e-3

  private let trainer: Trainer
  private var batch: TokenBatch

  init(model: LanguageModel, rows: Int, blockSize: Int, threads: Int, kernel: ProductKernel) throws
  {
    trainer = try Trainer(
      model: model, blockSize: blockSize, rowsMaximum: rows, optimizer: Self.optimizer,
      threads: threads, kernel: kernel)
    batch = TokenBatch(rows: rows, blockSize: blockSize)
  }

  package mutating func prepare(step: Int) {
    batch = TokenStream.batch(
      step: step, rows: batch.rows, blockSize: batch.blockSize,
      vocabularySize: trainer.model.configuration.vocabularySize)
  }

  package mutating func perform() throws -> StepOutcome {
    StepOutcome(loss: try trainer.step([batch], learningRate: Self.learningRate).loss)
  }
}

/// The losses of one batch after the other.
package struct EvaluationWork: MeasuredWork {
  private let evaluator: Evaluator
  private let vocabularySize: Int
  private var batch: TokenBatch

  init(model: LanguageModel, rows: Int, blockSize: Int, threads: Int, kernel: ProductKernel) throws
  {
    evaluator = try Evaluator(
      model: model, blockSize: blockSize, rowsMaximum: rows, threads: threads, kernel: kernel)
    vocabularySize = model.configuration.vocabularySize
    batch = TokenBatch(rows: rows, blockSize: blockSize)
  }

  package mutating func prepare(step: Int) {
    batch = TokenStream.batch(
      step: step, rows: batch.rows, blockSize: batch.blockSize, vocabularySize: vocabularySize)
  }

  package mutating func perform() throws -> StepOutcome {
    let losses = try evaluator.tokenLosses(batch)
    let sum = losses.reduce(0.0) { $0 + Double($1) }
    return StepOutcome(loss: sum / Double(max(1, losses.count)))
  }
}

/// One continuation after the other, each of a prompt of its own.
package struct DecodingWork: MeasuredWork {
  private let generator: Generator
  private let vocabularySize: Int
  private let promptTokens: Int
  private let newTokens: Int
  private var prompt: [Int32] = []

  init(folder: String, promptTokens: Int, newTokens: Int, threads: Int) throws {
    let model = try DecodingModel.load(folder: folder)
    generator = try Generator(
      model: model, contextLength: promptTokens + newTokens, threads: threads)
    vocabularySize = model.configuration.vocabularySize
    self.promptTokens = promptTokens
    self.newTokens = newTokens
  }

  package mutating func prepare(step: Int) {
    prompt = TokenStream.prompt(step: step, count: promptTokens, vocabularySize: vocabularySize)
  }

  package mutating func perform() throws -> StepOutcome {
    StepOutcome(tokens: try generator.generate(prompt: prompt, maximumTokens: newTokens).ids)
  }
}
