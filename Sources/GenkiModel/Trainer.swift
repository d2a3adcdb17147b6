import Foundation
import GenkiFormats
import GenkiKernels
import GenkiTensor

/// AdamW (Loshchilov 2019, arXiv 1711.05101) with bias correction and decoupled decay.
public struct OptimizerSettings: Sendable, Equatable {
  /// Decay of the mean of gradients.
  public var beta1: Double
  /// Decay of the mean of squared gradients.
  public var beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// Decay of the weights per unit of learning rate.
  public var weightDecay: Double
  /// Biases and norms decay too, as in PyTorch's default.
  public var decayAll: Bool
  /// The largest global norm of the gradient; a longer one is scaled down.
  public var clipNorm: Double?

  /// Settings with PyTorch's defaults for the betas and epsilon.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01,
    decayAll: Bool = false, clipNorm: Double? = nil
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decayAll = decayAll
    self.clipNorm = clipNorm
  }
}

/// What one optimiser step did.
public struct StepResult: Sendable, Equatable {
  /// The mean loss of the step's targets before the update, in nats per token.
  public let loss: Double
  /// The global norm of the gradient before clipping.
  public let gradientNorm: Double
  /// The tokens that went through.
  public let tokens: Int
  /// The positions that gave loss.
  public let targets: Int

  /// Whether both figures are finite; a step that is not leaves the weights untouched.
  public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite }
}

/// Trains a model, or the adapter that is attached to it.
public final class Trainer {
  /// The model that is trained.
  public let model: LanguageModel
  /// Completed steps; the bias correction depends on it.
  public private(set) var stepCount = 0
  private let session: ComputeSession
  private let optimizer: OptimizerSettings
  private let trained: UnsafeMutableBufferPointer<Float>
  private let spans: [Parameter]
  private let gradients: UnsafeMutableBufferPointer<Float>
  private let firstMoment: UnsafeMutableBufferPointer<Float>
  private let secondMoment: UnsafeMutableBufferPointer<Float>
  private let storage: Arena
  private let seed: UInt64
  private let hasDropout: Bool

  /// Elements whose squares are summed together: norms do not depend on the number of threads.
  private static let chunk = 65_536

  /// Plans and takes all memory for steps over batches of at most `rowsMaximum` windows.
  ///
  /// - Parameters:
  ///   - microBatchRows: Windows that go through at once; by default as many as memory is well used for.
  ///   - seed: Decides the dropout masks.
  ///   - kernel: Computes the matrix products; sums, norms, softmax, loss and weights are float32.
  /// - Throws: `ModelError.windowTooLong`, `TensorError.outOfMemory`.
  public init(
    model: LanguageModel, blockSize: Int, rowsMaximum: Int, microBatchRows: Int? = nil,
    optimizer: OptimizerSettings, threads: Int, seed: UInt64 = 0,
    kernel: ProductKernel = .float32
  ) throws {
    self.model = model
    self.optimizer = optimizer
    self.seed = seed
    trained = model.adapter?.weights ?? model.weights
    spans = model.adapter?.parameters ?? model.parameters
    hasDropout = (model.adapter?.configuration.dropout ?? 0) > 0
    session = try ComputeSession(
      model: model, purpose: .training,
      rows: microBatchRows.map { max(1, min(rowsMaximum, $0)) }
        ?? Self.rows(
          rowsMaximum, model.configuration, layout: model.layout, adapter: model.adapter,
          blockSize: blockSize),
      blockSize: blockSize, threads: threads, kernel: kernel)
    storage = try Arena(byteCount: 3 * Arena.bytes(trained.count, of: Float.self))
    storage.touch()
    gradients = storage.take(trained.count)
    firstMoment = storage.take(trained.count)
    secondMoment = storage.take(trained.count)
    session.gradients = gradients.baseAddress
  }

  /// What a checkpoint keeps, beside the step count: the trained weights and both moments.
  public var stateSpans: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [
      ("weights", trained), ("first_moment", firstMoment), ("second_moment", secondMoment),
    ]
  }

  /// Says how many steps the state in `stateSpans` has seen.
  public func restore(stepCount: Int) { self.stepCount = stepCount }

  /// One optimiser step over all batches together.
  ///
  /// The loss is the mean over all targets of all batches. When loss or gradient are not finite nothing
  /// is updated and the step does not count.
  ///
  /// - Throws: `ModelError.tokenOutOfRange`.
  public func step(_ batches: [TokenBatch], learningRate: Double) throws -> StepResult {
    let (sum, targets) = try accumulateGradients(batches)
    let norm = gradientNorm()
    let result = StepResult(
      loss: targets > 0 ? sum / Double(targets) : 0, gradientNorm: norm,
      tokens: batches.reduce(0) { $0 + $1.inputs.count }, targets: targets)
    guard result.isFinite else { return result }
    stepCount += 1
    update(learningRate: learningRate, norm: norm)
    return result
  }

  /// The gradient of the mean loss, flat like the trained weights, with Σ loss and its targets.
  package func accumulateGradients(
    _ batches: [TokenBatch]
  ) throws -> (lossSum: Double, targets: Int) {
    let targets = batches.reduce(0) { $0 + $1.targetCount }
    session.pool.split(gradients.count, grain: Self.chunk) { range, _ in
      UnsafeMutableBufferPointer(rebasing: gradients[range]).update(repeating: 0)
    }
    var sum = 0.0
    var pass = 0
    for batch in batches {
      for first in stride(from: 0, to: batch.rows, by: session.shape.rows) {
        let count = min(session.shape.rows, batch.rows - first)
        try session.load(batch, first: first, count: count)
        session.dropoutKey = hasDropout ? dropoutKey(pass) : nil
        session.forward(rows: count)
        sum += session.backward(rows: count, scale: targets > 0 ? 1 / Float(targets) : 0)
        pass += 1
      }
    }
    session.dropoutKey = nil
    return (sum, targets)
  }

  /// The gradients that `accumulateGradients` left.
  package var gradientValues: UnsafeBufferPointer<Float> { UnsafeBufferPointer(gradients) }

  /// The loss of every position in nats, without dropout and without gradients.
  public func evaluationLosses(_ batch: TokenBatch) throws -> [Float] {
    session.dropoutKey = nil
    var losses: [Float] = []
    for first in stride(from: 0, to: batch.rows, by: session.shape.rows) {
      let count = min(session.shape.rows, batch.rows - first)
      try session.load(batch, first: first, count: count)
      session.forward(rows: count)
      losses += session.losses(rows: count)
    }
    return losses
  }

  private func dropoutKey(_ pass: Int) -> UInt64 {
    var key = seed &+ 0x9E37_79B9_7F4A_7C15
    for value in [UInt64(stepCount), UInt64(pass)] {
      key = (key ^ (value &+ 0x9E37_79B9_7F4A_7C15)) &* 0xBF58_476D_1CE4_E5B9
      key ^= key >> 29
    }
    return key
  }

  private func gradientNorm() -> Double {
    let chunks = (gradients.count + Self.chunk - 1) / Self.chunk
    let sums = UnsafeMutableBufferPointer<Double>.allocate(capacity: max(1, chunks))
    defer { sums.deallocate() }
    session.pool.split(chunks) { range, _ in
      for chunk in range {
        let first = chunk * Self.chunk
        let count = min(Self.chunk, gradients.count - first)
        sums[chunk] = genki_sum_of_squares(gradients.baseAddress.map { $0 + first }, count)
      }
    }
    return (0..<chunks).reduce(0.0) { $0 + sums[$1] }.squareRoot()
  }

  private func update(learningRate: Double, norm: Double) {
    var clip = 1.0
    if let limit = optimizer.clipNorm { clip = min(1, limit / (norm + 1e-6)) }
    let step = Double(stepCount)
    let correction1 = 1 - pow(optimizer.beta1, step)
    let correction2 = 1 - pow(optimizer.beta2, step)
    func factors(decay: Double) -> genki_adamw_factors {
      genki_adamw_factors(
        keep: Float(1 - learningRate * decay), step_size: Float(learningRate / correction1),
        gain1: Float(1 - optimizer.beta1), beta2: Float(optimizer.beta2),
        gain2: Float(1 - optimizer.beta2),
        inverse_root_correction2: Float(1 / correction2.squareRoot()),
        epsilon: Float(optimizer.epsilon), gradient_scale: Float(clip))
    }
    let decayed = factors(decay: optimizer.weightDecay)
    let undecayed = factors(decay: 0)
    guard let w = trained.baseAddress, let g = gradients.baseAddress,
      let m = firstMoment.baseAddress, let v = secondMoment.baseAddress
    else { return }
    session.pool.run { worker in
      for parameter in spans {
        let units = (parameter.count + 15) / 16
        let first = parameter.offset + units * worker / session.pool.count * 16
        let last = min(
          parameter.offset + parameter.count,
          parameter.offset + units * (worker + 1) / session.pool.count * 16)
        guard first < last else { continue }
        let decays = parameter.isMatrix || optimizer.decayAll
        withUnsafePointer(to: decays ? decayed : undecayed) {
          genki_adamw(w + first, g + first, m + first, v + first, last - first, $0)
        }
      }
    }
  }
}
