import Foundation
import GenkiFormats
import GenkiKernels
import GenkiTensor

/// The forward and backward pass of one model over batches of a fixed largest size. Everything is float32
/// but the operands of matrix products, which the kernel may round.
///
/// Work is split over rows (tokens), over attention heads, or over the columns of weight gradients,
/// always in the same way for the same number of workers; between two splits the workers meet. All
/// memory is planned and touched before the first pass.
final class ComputeSession {
  /// Rows whose dropped adapter input is made at a time.
  static let dropoutRows = 64

  let model: LanguageModel
  let shape: SessionShape
  let pool: WorkerPool
  var buffers: SessionBuffers
  /// Gradients of the trained parameters, flat like them; nil for inference.
  var gradients: UnsafeMutablePointer<Float>?
  /// Identifies the dropout masks of the pass under way; nil without dropout.
  var dropoutKey: UInt64?
  private let arena: Arena
  let rotary: RotaryTables

  init(
    model: LanguageModel, purpose: SessionPurpose, rows: Int, blockSize: Int, threads: Int,
    kernel: ProductKernel
  ) throws {
    let configuration = model.configuration
    guard rows > 0, blockSize > 0 else { throw ModelError.empty("the batch") }
    guard blockSize <= configuration.maxPositions else {
      throw ModelError.windowTooLong(blockSize: blockSize, maximum: configuration.maxPositions)
    }
    self.model = model
    pool = WorkerPool(count: threads)
    shape = ComputeSession.shape(
      configuration, layout: model.layout, adapter: model.adapter, purpose: purpose, rows: rows,
      blockSize: blockSize, workers: pool.count,
      kernel: kernel)
    var counting = BufferPlan()
    _ = SessionBuffers(shape, plan: &counting)
    arena = try Arena(byteCount: counting.byteCount)
    arena.touch()
    var taking = BufferPlan(arena: arena)
    buffers = SessionBuffers(shape, plan: &taking)
    rotary = try RotaryTables(configuration, positions: blockSize)
  }

  /// The bytes that a session's buffers take.
  static func plannedBytes(
    _ configuration: ModelConfiguration, layout: ModelLayout, adapter: Adapter?,
    purpose: SessionPurpose, rows: Int, blockSize: Int, threads: Int,
    kernel: ProductKernel
  ) -> Int {
    var plan = BufferPlan()
    _ = SessionBuffers(
      shape(
        configuration, layout: layout, adapter: adapter, purpose: purpose, rows: rows,
        blockSize: blockSize,
        workers: max(1, threads), kernel: kernel), plan: &plan)
    return plan.byteCount + RotaryTables.byteCount(configuration, positions: blockSize)
  }

  private static func shape(
    _ c: ModelConfiguration, layout: ModelLayout, adapter: Adapter?, purpose: SessionPurpose,
    rows: Int, blockSize: Int, workers: Int,
    kernel: ProductKernel
  ) -> SessionShape {
    var ranks = [Int](repeating: 0, count: layout.linears.count)
    for module in adapter?.modules ?? [] { ranks[module.linear] = module.rank }
    return SessionShape(
      layout: layout, purpose: purpose, rows: rows, blockSize: blockSize, workers: workers,
      hidden: c.hiddenSize, intermediate: c.intermediateSize, vocabulary: c.vocabularySize,
      heads: c.headCount, keyValueHeads: c.keyValueHeadCount, headSize: c.headSize,
      epsilon: Float(c.normEpsilon), activation: c.activation.kernel,
      embeddingScale: Float(c.embeddingScale), residualScale: Float(c.residualScale),
      logitScale: Float(1 / c.logitDivisor), isParallel: c.isParallel, ranks: ranks,
      hasDropout: purpose == .training && (adapter?.configuration.dropout ?? 0) > 0,
      kernel: kernel)
  }

  /// Where the parameter of this index begins.
  @inline(__always)
  func weight(_ index: Int) -> UnsafePointer<Float> {
    UnsafePointer(model.weightBase + model.layout.parameters[index].offset)
  }

  @inline(__always)
  func weight(_ index: Int?) -> UnsafePointer<Float>? {
    guard let index else { return nil }
    return weight(index)
  }

  /// The buffers of a block.
  @inline(__always)
  func layerBuffers(_ layer: Int) -> LayerBuffers {
    buffers.layers[shape.purpose == .training ? layer : 0]
  }

  /// Where a block's output goes: the next block's input, or the last output.
  @inline(__always)
  func outputOf(_ layer: Int) -> UnsafeMutablePointer<Float> {
    layer + 1 < shape.layout.layers.count ? layerBuffers(layer + 1).input : buffers.output
  }

  /// Copies rows `first ..< first + count` of a batch in; checks every id against the vocabulary.
  func load(_ batch: TokenBatch, first: Int, count: Int) throws {
    guard count <= shape.rows, batch.blockSize <= shape.blockSize else {
      throw ModelError.batchTooLarge(rows: count, maximum: shape.rows)
    }
    precondition(batch.blockSize == shape.blockSize, "a session has one block size")
    let vocabulary = Int32(shape.vocabulary)
    let start = first * batch.blockSize
    for index in 0..<(count * batch.blockSize) {
      let id = batch.inputs[start + index]
      let target = batch.targets[start + index]
      let targetIsKnown =
        target == TokenBatch.ignoredTarget || (target >= 0 && target < vocabulary)
      guard id >= 0, id < vocabulary, targetIsKnown else {
        throw ModelError.tokenOutOfRange(
          token: Int(id >= 0 && id < vocabulary ? target : id), position: start + index,
          vocabularySize: shape.vocabulary)
      }
      buffers.ids[index] = id
      buffers.targets[index] = target
      buffers.positions[index] = Int32(index % batch.blockSize)
    }
  }
}

extension ModelConfiguration.Activation {
  /// Its name in the kernels.
  var kernel: genki_activation {
    switch self {
    case .silu: genki_silu
    case .gelu: genki_gelu_erf
    case .geluTanh: genki_gelu_tanh
    }
  }
}
