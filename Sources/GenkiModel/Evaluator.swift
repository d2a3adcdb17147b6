import GenkiFormats
import GenkiTensor

/// Losses and logits of a model, without gradients.
///
/// Results depend on the model, the windows and the kind of processor only; where OpenBLAS computes the
/// products, on the thread count too.
public final class Evaluator {
  private let session: ComputeSession
  /// The window length it was planned for.
  public let blockSize: Int

  /// Plans and takes the memory for batches of at most `rowsMaximum` windows of `blockSize` tokens.
  ///
  /// - Parameter kernel: Computes the matrix products; whatever decides a score uses float32.
  /// - Throws: `ModelError.windowTooLong`, `TensorError.outOfMemory`.
  public init(
    model: LanguageModel, blockSize: Int, rowsMaximum: Int, threads: Int,
    kernel: ProductKernel = .float32
  ) throws {
    self.blockSize = blockSize
    session = try ComputeSession(
      model: model, purpose: .inference,
      rows: min(rowsMaximum, MicroBatch.rows(blockSize: blockSize)), blockSize: blockSize,
      threads: threads, kernel: kernel)
  }

  /// The bytes an evaluator with these arguments takes.
  public static func plannedBytes(
    model: LanguageModel, blockSize: Int, rowsMaximum: Int, threads: Int,
    kernel: ProductKernel = .float32
  ) -> Int {
    ComputeSession.plannedBytes(
      model.configuration, layout: model.layout, adapter: model.adapter, purpose: .inference,
      rows: min(rowsMaximum, MicroBatch.rows(blockSize: blockSize)), blockSize: blockSize,
      threads: threads, kernel: kernel)
  }

  /// The bytes that a model in float32 and its evaluator take, from the configuration alone.
  public static func plannedBytes(
    configuration: ModelConfiguration, blockSize: Int, rowsMaximum: Int, threads: Int,
    kernel: ProductKernel = .float32
  ) -> Int {
    let layout = ModelLayout(configuration)
    return Arena.bytes(layout.elementCount, of: Float.self)
      + ComputeSession.plannedBytes(
        configuration, layout: layout, adapter: nil, purpose: .inference,
        rows: min(rowsMaximum, MicroBatch.rows(blockSize: blockSize)), blockSize: blockSize,
        threads: threads, kernel: kernel)
  }

  /// The loss of every position in nats, row-major like the batch; 0 where the target is ignored.
  ///
  /// - Throws: `ModelError.tokenOutOfRange`.
  public func tokenLosses(_ batch: TokenBatch) throws -> [Float] {
    var losses: [Float] = []
    losses.reserveCapacity(batch.inputs.count)
    for first in stride(from: 0, to: batch.rows, by: session.shape.rows) {
      let count = min(session.shape.rows, batch.rows - first)
      try session.load(batch, first: first, count: count)
      session.forward(rows: count)
      losses += session.losses(rows: count)
    }
    return losses
  }

  /// Calls `body(position, logits)` for every position of the batch in order, on the calling thread;
  /// logits[vocabulary] is valid during the call only.
  ///
  /// - Throws: `ModelError.tokenOutOfRange`.
  public func forEachLogits(
    _ batch: TokenBatch, _ body: (_ position: Int, _ logits: UnsafeBufferPointer<Float>) -> Void
  ) throws {
    for first in stride(from: 0, to: batch.rows, by: session.shape.rows) {
      let count = min(session.shape.rows, batch.rows - first)
      try session.load(batch, first: first, count: count)
      session.forward(rows: count)
      session.forEachLogits(rows: count) { body(first * batch.blockSize + $0, $1) }
    }
  }
}

/// How many windows go through a model at once.
enum MicroBatch {
  /// About this many tokens: enough for efficient products, few enough to keep activations small.
  static let tokens = 4096

  /// Windows of training may take as much whatever the model's size.
  static let bytesMinimum = 128 << 20

  /// The windows of a micro-batch.
  static func rows(blockSize: Int) -> Int { max(1, tokens / max(1, blockSize)) }
}
