import GenkiFormats
import GenkiTensor

// What training takes, known before anything is read.

extension Trainer {
  /// Windows that go through at once: about 4,096 tokens; with a large model fewer, such that what windows take is
  /// little beside what is kept of its weights. Sums follow from it, so threads and kernels do not decide.
  static func rows(
    _ maximum: Int, _ configuration: ModelConfiguration, layout: ModelLayout, adapter: Adapter?,
    blockSize: Int
  ) -> Int {
    let most = max(1, min(maximum, MicroBatch.rows(blockSize: blockSize)))
    guard most > 1 else { return most }
    func bytes(_ rows: Int) -> Int {
      ComputeSession.plannedBytes(
        configuration, layout: layout, adapter: adapter, purpose: .training, rows: rows,
        blockSize: blockSize, threads: 1, kernel: .float32)
    }
    let window = max(1, bytes(2) - bytes(1))
    let weights = Arena.bytes(layout.elementCount, of: Float.self)
    // Of a trained weight its gradient and both moments are kept, too.
    let budget = adapter == nil ? 4 * weights / 16 : weights / 4 * 3
    return max(1, min(most, max(MicroBatch.bytesMinimum, budget) / window))
  }

  /// The windows that go through at once unless the caller says how many.
  ///
  /// - Throws: `ModelError.noAdapterTargets`, `TensorError.outOfMemory`.
  package static func windowsAtOnce(
    configuration: ModelConfiguration, adapter: AdapterConfiguration?, blockSize: Int,
    rowsMaximum: Int
  ) throws -> Int {
    let layout = ModelLayout(configuration)
    return rows(
      rowsMaximum, configuration, layout: layout,
      adapter: try adapter.map { try Adapter(configuration: $0, layout: layout) },
      blockSize: blockSize)
  }

  /// The bytes that training takes: the weights, gradients and moments, and the activations.
  ///
  /// - Parameters:
  ///   - configuration: The model's; no weight is needed.
  ///   - adapter: The adapter that is trained in the model's place.
  /// - Throws: `ModelError.noAdapterTargets`, `TensorError.outOfMemory`.
  public static func plannedBytes(
    configuration: ModelConfiguration, adapter: AdapterConfiguration?, blockSize: Int,
    rowsMaximum: Int, microBatchRows: Int? = nil, threads: Int, kernel: ProductKernel = .float32
  ) throws -> Int {
    let layout = ModelLayout(configuration)
    let adapter = try adapter.map { try Adapter(configuration: $0, layout: layout) }
    let trained = adapter?.weights.count ?? layout.elementCount
    let rows =
      microBatchRows.map { max(1, min(rowsMaximum, $0)) }
      ?? rows(
        rowsMaximum, configuration, layout: layout, adapter: adapter, blockSize: blockSize)
    return MemoryLayout<Float>.size * (layout.elementCount + (adapter?.weights.count ?? 0))
      + 3 * Arena.bytes(trained, of: Float.self)
      + ComputeSession.plannedBytes(
        configuration, layout: layout, adapter: adapter, purpose: .training,
        rows: rows, blockSize: blockSize,
        threads: threads, kernel: kernel)
  }
}
