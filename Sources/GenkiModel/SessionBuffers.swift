import GenkiTensor

/// What a norm keeps from its forward pass: each row's mean and 1/σ.
struct NormBuffers {
  var mean: UnsafeMutablePointer<Float>
  var rstd: UnsafeMutablePointer<Float>

  init(rows: Int, plan: inout BufferPlan) {
    mean = plan.floats(rows)
    rstd = plan.floats(rows)
  }
}

/// What one block keeps from its forward pass for its backward pass. Of a norm that the block has not there is
/// nothing.
struct LayerBuffers {
  /// The block's input [N, hidden].
  var input: UnsafeMutablePointer<Float>
  var attentionNorm: NormBuffers
  /// Rows of projections, after head norms and rotation.
  var projected: UnsafeMutablePointer<Float>
  /// q and k before their norms, and the norms' 1/σ.
  var rawHeads: UnsafeMutablePointer<Float>
  var queryRstd: UnsafeMutablePointer<Float>
  var keyRstd: UnsafeMutablePointer<Float>
  /// log Σ exp of each query's scores [N, heads].
  var logSums: UnsafeMutablePointer<Float>
  var attended: UnsafeMutablePointer<Float>
  /// The output of attention before its norm.
  var attentionOutput: UnsafeMutablePointer<Float>
  var attentionOutputNorm: NormBuffers
  /// The residual stream between attention and MLP; nothing where they stand side by side.
  var middle: UnsafeMutablePointer<Float>
  var mlpNorm: NormBuffers
  /// The MLP's first products: of expand, or rows [gate | up].
  var hidden: UnsafeMutablePointer<Float>
  /// The output of the MLP before its norm.
  var mlpOutput: UnsafeMutablePointer<Float>
  var mlpOutputNorm: NormBuffers
  /// x Aᵀ of each linear map with an adapter, by its place in the block.
  var reduced: [UnsafeMutablePointer<Float>]

  init(_ shape: SessionShape, layer: Int, plan: inout BufferPlan) {
    let n = shape.tokens
    // Without a backward pass all blocks use these buffers, and one may have what another has not.
    let blocks =
      shape.purpose == .training ? [shape.layout.layers[layer]] : shape.layout.layers
    func norm(_ norm: KeyPath<LayerLayout, Norm?>) -> Norm? {
      blocks.lazy.compactMap { $0[keyPath: norm] }.first
    }
    func normed(_ path: KeyPath<LayerLayout, Norm?>) -> Int {
      norm(path) == nil ? 0 : n * shape.hidden
    }
    func rows(_ path: KeyPath<LayerLayout, Norm?>) -> Int { norm(path) == nil ? 0 : n }
    input = plan.floats(n * shape.hidden)
    attentionNorm = NormBuffers(rows: rows(\.attentionNorm), plan: &plan)
    projected = plan.floats(n * shape.projectionWidth)
    let hasHeadNorms = blocks.contains { $0.headNorms != nil }
    rawHeads = plan.floats(hasHeadNorms ? n * (shape.queryWidth + shape.keyWidth) : 0)
    queryRstd = plan.floats(hasHeadNorms ? n * shape.heads : 0)
    keyRstd = plan.floats(hasHeadNorms ? n * shape.keyValueHeads : 0)
    logSums = plan.floats(n * shape.heads)
    attended = plan.floats(n * shape.queryWidth)
    attentionOutput = plan.floats(normed(\.attentionOutputNorm))
    attentionOutputNorm = NormBuffers(rows: rows(\.attentionOutputNorm), plan: &plan)
    middle = plan.floats(shape.isParallel ? 0 : n * shape.hidden)
    mlpNorm = NormBuffers(rows: rows(\.mlpNorm), plan: &plan)
    hidden = plan.floats(n * shape.innerWidth)
    mlpOutput = plan.floats(normed(\.mlpOutputNorm))
    mlpOutputNorm = NormBuffers(rows: rows(\.mlpOutputNorm), plan: &plan)
    let linears = shape.layout.layers[layer].linears
    reduced = linears.indices.map { place in
      plan.floats(
        n
          * (shape.purpose == .training
            ? shape.ranks[linears[place].id] : shape.widestRank(place: place)))
    }
  }
}

/// What follows from what a block keeps, made where it is needed, on the way back once more: memory for one block
/// at a time.
struct RemadeBuffers {
  /// The outputs of the norms before attention and MLP [N, hidden].
  var normed1: UnsafeMutablePointer<Float>
  var normed2: UnsafeMutablePointer<Float>
  /// What the MLP contracts [N, intermediate].
  var activated: UnsafeMutablePointer<Float>
  /// The residual stream between attention and MLP of a block where they stand side by side.
  var middle: UnsafeMutablePointer<Float>

  init(_ shape: SessionShape, plan: inout BufferPlan) {
    normed1 = plan.floats(shape.tokens * shape.hidden)
    normed2 = plan.floats(shape.tokens * shape.hidden)
    activated = plan.floats(shape.tokens * shape.intermediate)
    middle = plan.floats(shape.isParallel ? shape.tokens * shape.hidden : 0)
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
  /// Of what a branch adds to the stream, where that is not the stream's own gradient.
  var branch: UnsafeMutablePointer<Float>
  /// dy B and, with dropout, the dropped input, of each linear map of a block with an adapter.
  var reduced: [UnsafeMutablePointer<Float>]
  var dropped: [UnsafeMutablePointer<Float>]

  init(_ shape: SessionShape, plan: inout BufferPlan) {
    let n = shape.purpose == .training ? shape.tokens : 0
    stream = plan.floats(n * shape.hidden)
    normed = plan.floats(n * shape.hidden)
    projected = plan.floats(n * shape.projectionWidth)
    attended = plan.floats(n * shape.queryWidth)
    hidden = plan.floats(n * shape.innerWidth)
    branch = plan.floats(shape.hasBranchGradient ? n * shape.hidden : 0)
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
  var remade: RemadeBuffers
  /// The last block's output and the final norm's.
  var output: UnsafeMutablePointer<Float>
  var finalNorm: NormBuffers
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
    remade = RemadeBuffers(shape, plan: &plan)
    output = plan.floats(n * shape.hidden)
    finalNorm = NormBuffers(rows: n, plan: &plan)
    outputNormed = plan.floats(n * shape.hidden)
    gradients = GradientBuffers(shape, plan: &plan)
    workers = (0..<shape.workers).map { _ in WorkerBuffers(shape, plan: &plan) }
  }
}
