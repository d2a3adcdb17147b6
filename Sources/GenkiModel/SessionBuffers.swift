import GenkiTensor

/// Counts buffers first and hands them out of an arena afterwards, by the same code.
struct BufferPlan {
  private(set) var byteCount = 0
  private let arena: Arena?

  /// A plan that only counts.
  init() { arena = nil }

  /// A plan that takes from `arena`.
  init(arena: Arena) { self.arena = arena }

  /// `count` floats; while counting, the pointer must not be used.
  mutating func floats(_ count: Int) -> UnsafeMutablePointer<Float> { take(count) }

  /// `count` token ids, positions or targets.
  mutating func integers(_ count: Int) -> UnsafeMutablePointer<Int32> { take(count) }

  /// Scratch memory for one worker's matrix products.
  mutating func product(_ kernel: ProductKernel) -> MatrixProduct {
    MatrixProduct(
      kernel: kernel, workspace: UnsafeMutableRawPointer(floats(kernel.workspaceBytes / 4)))
  }

  private mutating func take<Element: BitwiseCopyable>(
    _ count: Int
  ) -> UnsafeMutablePointer<Element> {
    byteCount += Arena.bytes(max(1, count), of: Element.self)
    guard let arena, let base = arena.take(max(1, count), of: Element.self).baseAddress else {
      return UnsafeMutablePointer(bitPattern: Arena.alignment)
        .unsafelyUnwrapped
    }
    return base
  }
}

/// What a compute session is for; decides which buffers it needs.
enum SessionPurpose: Sendable, Equatable {
  case inference
  case training
}

/// The sizes that every buffer follows from. N = rows · block size tokens go through at once.
struct SessionShape: Sendable {
  let layout: ModelLayout
  let purpose: SessionPurpose
  let rows: Int
  let blockSize: Int
  let workers: Int
  let hidden: Int
  let intermediate: Int
  let vocabulary: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  /// Rank of the adapter module of each linear map, 0 without one.
  let ranks: [Int]
  let hasDropout: Bool
  let kernel: ProductKernel

  var tokens: Int { rows * blockSize }
  /// The largest rank of the adapter's modules at this place of any block.
  func widestRank(place: Int) -> Int {
    layout.layers.map { ranks[$0.linears[place].id] }.max() ?? 0
  }
  var queryWidth: Int { heads * headSize }
  var keyWidth: Int { keyValueHeads * headSize }
  /// The width of a row [q | k | v].
  var projectionWidth: Int { queryWidth + 2 * keyWidth }
  var isGated: Bool {
    if case .gated = layout.layers.first?.mlp { return true }
    return false
  }
  var normalizesHeads: Bool { layout.layers.first?.queryNorm != nil }
  /// Queries of one attention tile.
  var tileRows: Int { min(blockSize, 64) }
  /// Words of the vocabulary whose logits are made, and used, while they are in the cache.
  static let headWords = 384
  /// Words between two meetings of the workers in a head whose logits are made twice.
  static let headChunk = 8 * headWords
  /// From one row of such a chunk to the next; not a multiple of a large power of two, whose rows
  /// would share the cache's sets.
  var headChunkStride: Int { min(vocabulary, Self.headChunk) + 16 }
  /// Logits are kept between loss and gradient, except where making them again costs less than
  /// writing and reading them.
  var keepsLogits: Bool { purpose == .training && hidden > 128 }
  /// Positions that go through the head at once: at most about 128 MB of logits where they are kept.
  var headRows: Int {
    guard keepsLogits else { return min(tokens, 1024) }
    let fitting = (128 << 20) / (4 * max(1, vocabulary))
    return max(1, min(tokens, min(1024, max(32, fitting / 32 * 32))))
  }
  /// Positions whose logits of some words a worker makes at a time where they are not kept.
  var scratchRows: Int { min(tokens, 512) }
  /// Whole rows of logits that are shown to a caller at a time.
  var shownRows: Int { purpose == .inference ? min(tokens, 64) : 0 }
}

/// What one block keeps from its forward pass for its backward pass.
struct LayerBuffers {
  /// The block's input [N, hidden].
  var input: UnsafeMutablePointer<Float>
  var mean1: UnsafeMutablePointer<Float>
  var rstd1: UnsafeMutablePointer<Float>
  var normed1: UnsafeMutablePointer<Float>
  /// Rows [q | k | v], after head norms and rotation.
  var projected: UnsafeMutablePointer<Float>
  /// q and k before their norms, and the norms' 1/σ (Qwen3).
  var rawHeads: UnsafeMutablePointer<Float>
  var queryRstd: UnsafeMutablePointer<Float>
  var keyRstd: UnsafeMutablePointer<Float>
  /// log Σ exp of each query's scores [N, heads].
  var logSums: UnsafeMutablePointer<Float>
  var attended: UnsafeMutablePointer<Float>
  /// The residual stream between attention and MLP.
  var middle: UnsafeMutablePointer<Float>
  var mean2: UnsafeMutablePointer<Float>
  var rstd2: UnsafeMutablePointer<Float>
  var normed2: UnsafeMutablePointer<Float>
  /// The MLP's first products: expand, or gate and up.
  var hidden: UnsafeMutablePointer<Float>
  var up: UnsafeMutablePointer<Float>
  var activated: UnsafeMutablePointer<Float>
  /// x Aᵀ of each linear map with an adapter, by its place in the block.
  var reduced: [UnsafeMutablePointer<Float>]

  init(_ shape: SessionShape, layer: Int, plan: inout BufferPlan) {
    let n = shape.tokens
    let headsNormed = shape.normalizesHeads
    input = plan.floats(n * shape.hidden)
    mean1 = plan.floats(n)
    rstd1 = plan.floats(n)
    normed1 = plan.floats(n * shape.hidden)
    projected = plan.floats(n * shape.projectionWidth)
    rawHeads = plan.floats(headsNormed ? n * (shape.queryWidth + shape.keyWidth) : 0)
    queryRstd = plan.floats(headsNormed ? n * shape.heads : 0)
    keyRstd = plan.floats(headsNormed ? n * shape.keyValueHeads : 0)
    logSums = plan.floats(n * shape.heads)
    attended = plan.floats(n * shape.queryWidth)
    middle = plan.floats(n * shape.hidden)
    mean2 = plan.floats(n)
    rstd2 = plan.floats(n)
    normed2 = plan.floats(n * shape.hidden)
    hidden = plan.floats(n * shape.intermediate)
    up = plan.floats(shape.isGated ? n * shape.intermediate : 0)
    activated = plan.floats(n * shape.intermediate)
    let linears = shape.layout.layers[layer].linears
    reduced = linears.indices.map { place in
      // Without a backward pass all blocks use these buffers, and an adapter may differ between them.
      plan.floats(
        n
          * (shape.purpose == .training
            ? shape.ranks[linears[place].id] : shape.widestRank(place: place)))
    }
  }
}

/// Gradients of one block on their way down; every block uses the same ones.
struct GradientBuffers {
  /// Of the residual stream [N, hidden].
  var stream: UnsafeMutablePointer<Float>
  var normed: UnsafeMutablePointer<Float>
  var projected: UnsafeMutablePointer<Float>
  var attended: UnsafeMutablePointer<Float>
  var hidden: UnsafeMutablePointer<Float>
  var up: UnsafeMutablePointer<Float>
  /// dy B and, with dropout, the dropped input, of each linear map of a block with an adapter.
  var reduced: [UnsafeMutablePointer<Float>]
  var dropped: [UnsafeMutablePointer<Float>]

  init(_ shape: SessionShape, plan: inout BufferPlan) {
    let n = shape.purpose == .training ? shape.tokens : 0
    stream = plan.floats(n * shape.hidden)
    normed = plan.floats(n * shape.hidden)
    projected = plan.floats(n * shape.projectionWidth)
    attended = plan.floats(n * shape.queryWidth)
    hidden = plan.floats(n * shape.intermediate)
    up = plan.floats(shape.isGated ? n * shape.intermediate : 0)
    let linears = shape.layout.layers.first?.linears ?? []
    reduced = linears.indices.map { place in
      plan.floats(n * shape.widestRank(place: place))
    }
    dropped = linears.map { plan.floats(shape.hasDropout ? n * $0.inputs : 0) }
  }
}

/// One worker's own scratch memory.
struct WorkerBuffers {
  /// Two tiles of attention scores [tileRows, blockSize].
  var scores: UnsafeMutablePointer<Float>
  var scoreGradients: UnsafeMutablePointer<Float>
  /// Logits of some rows [scratchRows, headWords].
  var logits: UnsafeMutablePointer<Float>
  var product: MatrixProduct
  /// For attention: always float32.
  var attentionProduct: MatrixProduct
  /// A row block of an adapter's dropped input or its gradient.
  var adapterInput: UnsafeMutablePointer<Float>

  init(_ shape: SessionShape, plan: inout BufferPlan) {
    scores = plan.floats(shape.tileRows * shape.blockSize)
    scoreGradients = plan.floats(shape.tileRows * shape.blockSize)
    logits = plan.floats(shape.scratchRows * SessionShape.headWords)
    product = plan.product(shape.kernel)
    attentionProduct = MatrixProduct(
      kernel: shape.kernel == .openBLAS ? .openBLAS : .wideFloat32, sharing: product)
    let widest = shape.layout.linears.map { shape.ranks[$0.id] > 0 ? $0.inputs : 0 }.max() ?? 0
    adapterInput = plan.floats(shape.hasDropout ? widest * ComputeSession.dropoutRows : 0)
  }
}

/// Every buffer of a session.
struct SessionBuffers {
  var ids: UnsafeMutablePointer<Int32>
  var targets: UnsafeMutablePointer<Int32>
  var positions: UnsafeMutablePointer<Int32>
  /// The rows that give loss, and their hidden states, gradients, targets and losses, packed.
  var lossRows: UnsafeMutablePointer<Int32>
  var lossTargets: UnsafeMutablePointer<Int32>
  var lossHidden: UnsafeMutablePointer<Float>
  var lossGradient: UnsafeMutablePointer<Float>
  var losses: UnsafeMutablePointer<Float>
  /// The largest logit, Σ exp and then log Σ exp, and the target's logit of each packed row.
  var largestLogit: UnsafeMutablePointer<Float>
  var exponentialSum: UnsafeMutablePointer<Float>
  var targetLogit: UnsafeMutablePointer<Float>
  /// Logits of a block of rows: of the whole vocabulary, or of a chunk where they are made twice.
  var logits: UnsafeMutablePointer<Float>
  var layers: [LayerBuffers]
  /// The last block's output and the final norm's.
  var output: UnsafeMutablePointer<Float>
  var outputMean: UnsafeMutablePointer<Float>
  var outputRstd: UnsafeMutablePointer<Float>
  var outputNormed: UnsafeMutablePointer<Float>
  var gradients: GradientBuffers
  var workers: [WorkerBuffers]

  init(_ shape: SessionShape, plan: inout BufferPlan) {
    let n = shape.tokens
    let training = shape.purpose == .training
    ids = plan.integers(n)
    targets = plan.integers(n)
    positions = plan.integers(n)
    lossRows = plan.integers(n)
    lossTargets = plan.integers(n)
    lossHidden = plan.floats(n * shape.hidden)
    lossGradient = plan.floats(training ? n * shape.hidden : 0)
    losses = plan.floats(n)
    largestLogit = plan.floats(n)
    exponentialSum = plan.floats(n)
    targetLogit = plan.floats(n)
    let kept = shape.keepsLogits ? shape.vocabulary : shape.headChunkStride
    logits = plan.floats(
      training ? shape.headRows * kept : shape.shownRows * shape.vocabulary)
    // Without a backward pass one block's buffers serve all.
    layers = (0..<(training ? shape.layout.layers.count : min(1, shape.layout.layers.count))).map {
      LayerBuffers(shape, layer: $0, plan: &plan)
    }
    output = plan.floats(n * shape.hidden)
    outputMean = plan.floats(n)
    outputRstd = plan.floats(n)
    outputNormed = plan.floats(n * shape.hidden)
    gradients = GradientBuffers(shape, plan: &plan)
    workers = (0..<shape.workers).map { _ in WorkerBuffers(shape, plan: &plan) }
  }
}
