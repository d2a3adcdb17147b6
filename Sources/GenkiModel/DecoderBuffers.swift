import GenkiFormats
import GenkiKernels
import GenkiTensor

/// A decoder's sizes.
struct DecoderShape {
  let hidden: Int
  let intermediate: Int
  let vocabulary: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  let epsilon: Float
  let activation: genki_activation
  let embeddingScale: Float
  let residualScale: Float
  let logitScale: Float
  /// Attention and MLP see the same input.
  let isParallel: Bool
  /// Whether what a block's branches make is changed before it joins the stream.
  let changesBranches: Bool
  /// Tokens that are read at once, at most.
  let rows: Int
  let capacity: Int
  let workers: Int
  let rank: Int
  /// Elements of a worker's tile of widened weights; 0 where nothing is widened.
  let tile: Int
  let kernel: ProductKernel

  var queryWidth: Int { heads * headSize }
  /// The width of a row of projections.
  var projectionWidth: Int { (heads + 2 * keyValueHeads) * headSize }

  init(model: DecodingModel, rows: Int, capacity: Int, workers: Int) {
    let c = model.configuration
    hidden = c.hiddenSize
    intermediate = c.intermediateSize
    vocabulary = c.vocabularySize
    heads = c.headCount
    keyValueHeads = c.keyValueHeadCount
    headSize = c.headSize
    epsilon = Float(c.normEpsilon)
    activation = c.activation.kernel
    embeddingScale = Float(c.embeddingScale)
    residualScale = Float(c.residualScale)
    logitScale = Float(1 / c.logitDivisor)
    isParallel = c.isParallel
    changesBranches =
      c.residualScale != 1
      || model.layers.contains { $0.attentionOutputNorm != nil || $0.mlpOutputNorm != nil }
    self.rows = rows
    self.capacity = capacity
    self.workers = workers
    rank = model.rankMaximum
    kernel = .float32
    let widest = max(c.hiddenSize, c.intermediateSize, c.headCount * c.headSize)
    tile = model.isFloat32 ? 0 : max(widest * Self.tileRowsMinimum, Self.tileElements)
  }

  /// Enough for products to be efficient, and little enough to stay in a core's cache.
  private static let tileElements = 1 << 16
  private static let tileRowsMinimum = 16

  /// How many rows of a matrix are widened at a time.
  func tileRows(inputs: Int) -> Int { max(1, tile / max(1, inputs)) }
}

/// A decoder's memory. What workers have of their own begins at a multiple of a worker's share.
struct DecoderBuffers: BitwiseCopyable {
  let ids: UnsafeMutablePointer<Int32>
  let positions: UnsafeMutablePointer<Int32>
  /// The residual stream [rows, hidden].
  let stream: UnsafeMutablePointer<Float>
  /// What a branch made, before it joins the stream.
  let branch: UnsafeMutablePointer<Float>
  /// Rows of projections.
  let projected: UnsafeMutablePointer<Float>
  let attended: UnsafeMutablePointer<Float>
  let hidden: UnsafeMutablePointer<Float>
  let up: UnsafeMutablePointer<Float>
  let logits: UnsafeMutablePointer<Float>
  /// Each worker's own: normed rows, x Aᵀ of an adapter, scores [rows, capacity], widened weights, and
  /// scratch memory for products.
  let normed: UnsafeMutablePointer<Float>
  let reduced: UnsafeMutablePointer<Float>
  let scores: UnsafeMutablePointer<Float>
  let tiles: UnsafeMutablePointer<Float>
  let scratch: UnsafeMutablePointer<Float>

  init(_ shape: DecoderShape, plan: inout BufferPlan) {
    let rows = shape.rows
    let workers = shape.workers
    ids = plan.integers(rows)
    positions = plan.integers(rows)
    stream = plan.floats(rows * shape.hidden)
    branch = plan.floats(shape.changesBranches ? rows * shape.hidden : 0)
    projected = plan.floats(rows * shape.projectionWidth)
    attended = plan.floats(rows * shape.queryWidth)
    hidden = plan.floats(rows * shape.intermediate)
    up = plan.floats(rows * shape.intermediate)
    logits = plan.floats(shape.vocabulary)
    normed = plan.floats(workers * rows * shape.hidden)
    reduced = plan.floats(workers * rows * shape.rank)
    scores = plan.floats(workers * rows * shape.capacity)
    tiles = plan.floats(workers * shape.tile)
    scratch = plan.floats(workers * shape.kernel.workspaceBytes / 4)
  }
}

/// Keys and values of what has been read: [layers, heads, capacity, headSize] each, so that one head's
/// lie in one stretch. Takes memory as far as it is used.
struct KeyValueCache: BitwiseCopyable {
  let keys: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>

  init(_ shape: DecoderShape, layers: Int, plan: inout BufferPlan) {
    let count = layers * shape.keyValueHeads * shape.capacity * shape.headSize
    keys = plan.floats(count)
    values = plan.floats(count)
  }
}
