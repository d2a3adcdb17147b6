import GenkiFormats
import GenkiKernels
import GenkiTensor

/// Reads tokens one after the other, or a prompt in pieces, against a cache of keys and values.
///
/// Few rows go through at a time, so the linear maps are split over their outputs: each worker reads
/// its part of the weights once.
final class Decoder {
  /// Rows of a prompt that are read at once.
  private static let piece = 64

  let capacity: Int
  /// What has been read and not forgotten.
  private(set) var ids: [Int32] = []
  var length: Int { ids.count }
  private let model: LanguageModel
  private let pool: WorkerPool
  private let arena: Arena
  private let rotary: RotaryTable?
  private var buffers: DecoderBuffers

  init(model: LanguageModel, capacity: Int, threads: Int) throws {
    let c = model.configuration
    guard capacity > 0 else { throw ModelError.empty("the context") }
    guard capacity <= c.maxPositions else {
      throw ModelError.windowTooLong(blockSize: capacity, maximum: c.maxPositions)
    }
    self.model = model
    self.capacity = capacity
    pool = WorkerPool(count: threads)
    var counting = BufferPlan()
    _ = DecoderBuffers(
      model: model, rows: Self.piece, capacity: capacity, workers: pool.count, plan: &counting)
    arena = try Arena(byteCount: counting.byteCount)
    var taking = BufferPlan(arena: arena)
    buffers = DecoderBuffers(
      model: model, rows: Self.piece, capacity: capacity, workers: pool.count, plan: &taking)
    rotary = c.ropeTheta.map {
      RotaryTable(
        theta: $0, scaling: c.ropeScaling, headSize: c.headSize, positions: capacity)
    }
  }

  /// Forgets what has been read behind the first `count` tokens.
  func forget(after count: Int) { ids.removeLast(max(0, ids.count - count)) }

  /// Reads `tokens` and returns the logits after the last one, valid until the next call.
  func read(_ tokens: ArraySlice<Int32>) throws -> UnsafeBufferPointer<Float> {
    for (position, token) in zip(tokens.indices, tokens)
    where token < 0 || Int(token) >= model.configuration.vocabularySize {
      throw ModelError.tokenOutOfRange(
        token: Int(token), position: position,
        vocabularySize: model.configuration.vocabularySize)
    }
    precondition(length + tokens.count <= capacity, "the caller keeps to the capacity")
    var last = 0
    for first in stride(from: tokens.startIndex, to: tokens.endIndex, by: Self.piece) {
      let part = tokens[first..<min(first + Self.piece, tokens.endIndex)]
      readPiece(part)
      ids += part
      last = part.count - 1
    }
    head(row: last)
    return UnsafeBufferPointer(start: buffers.logits, count: model.configuration.vocabularySize)
  }

  @inline(__always)
  private func weight(_ index: Int) -> UnsafePointer<Float> {
    UnsafePointer(model.weightBase + model.layout.parameters[index].offset)
  }

  /// out[m, n] = (or +=) alpha · a · b: one row reads b at memory speed, several by blocks.
  @inline(__always)
  private func multiply(
    _ worker: Int, m: Int, n: Int, k: Int, alpha: Float = 1, _ a: UnsafePointer<Float>, lda: Int,
    _ b: UnsafePointer<Float>, ldb: Int, transposeB: Bool = false, accumulate: Bool = false,
    into out: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    if m == 1 {
      MatrixProduct.multiplyRow(
        n: n, k: k, alpha: alpha, a, b, ldb: ldb, transposeB: transposeB, accumulate: accumulate,
        into: out)
    } else {
      buffers.products[worker].multiply(
        m: m, n: n, k: k, alpha: alpha, a, lda: lda, b, ldb: ldb, transposeB: transposeB,
        accumulate: accumulate, into: out, ldc: ldc)
    }
  }

  private func readPiece(_ tokens: ArraySlice<Int32>) {
    let c = model.configuration
    let rows = tokens.count
    for (row, token) in tokens.enumerated() {
      buffers.ids[row] = token
      buffers.positions[row] = Int32(length + row)
    }
    genki_embed(
      buffers.stream, weight(model.layout.tokenEmbedding),
      model.layout.positionEmbedding.map { weight($0) }, buffers.ids, buffers.positions, rows,
      c.hiddenSize)
    for (layer, block) in model.layout.layers.enumerated() {
      normalize(block.norm1, rows)
      for projection in block.projections {
        apply(
          projection.linear, rows, buffers.normed, into: buffers.projected + projection.column,
          ldy: buffers.projectionWidth)
      }
      rotateAndKeep(block, layer: layer, rows: rows)
      pool.split(c.headCount) { heads, worker in
        for head in heads { attend(layer: layer, head: head, rows: rows, worker: worker) }
      }
      apply(
        block.output, rows, buffers.attended, into: buffers.stream, ldy: c.hiddenSize,
        accumulate: true)
      normalize(block.norm2, rows)
      mlp(block, rows)
    }
  }

  private func normalize(_ norm: Norm, _ rows: Int) {
    let width = model.configuration.hiddenSize
    let epsilon = Float(model.configuration.normEpsilon)
    if let bias = norm.bias {
      genki_layernorm_forward(
        buffers.normed, nil, nil, buffers.stream, weight(norm.weight), weight(bias), rows, width,
        epsilon)
    } else {
      genki_rmsnorm_forward(
        buffers.normed, width, nil, buffers.stream, width, weight(norm.weight), rows, 1, width,
        epsilon)
    }
  }

  /// y = (or +=) linear(x), each worker a part of the outputs.
  private func apply(
    _ linear: Linear, _ rows: Int, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, ldy: Int, accumulate: Bool = false
  ) {
    let adapter = model.adapter
    let module = adapter?.moduleOfLinear[linear.id].flatMap { adapter?.modules[$0] }
    let factors = adapter?.weights.baseAddress
    if let module, let factors {
      multiply(
        0, m: rows, n: module.rank, k: linear.inputs, x, lda: linear.inputs,
        factors + module.aOffset, ldb: linear.inputs, transposeB: true, into: buffers.reduced,
        ldc: module.rank)
    }
    pool.split(linear.outputs, grain: 16) { part, worker in
      let first = part.lowerBound
      let matrix = weight(linear.weight) + first * (linear.isTransposed ? 1 : linear.inputs)
      multiply(
        worker, m: rows, n: part.count, k: linear.inputs, x, lda: linear.inputs, matrix,
        ldb: linear.isTransposed ? linear.outputs : linear.inputs,
        transposeB: !linear.isTransposed, accumulate: accumulate, into: y + first, ldc: ldy)
      if let bias = linear.bias {
        genki_add_bias(y + first, ldy, weight(bias) + first, rows, part.count)
      }
      if let module, let factors {
        multiply(
          worker, m: rows, n: part.count, k: module.rank, alpha: module.scale, buffers.reduced,
          lda: module.rank, factors + module.bOffset + first * module.rank, ldb: module.rank,
          transposeB: true, accumulate: true, into: y + first, ldc: ldy)
      }
    }
  }

  /// Norms and turns q and k, and puts k and v into the cache.
  private func rotateAndKeep(_ block: LayerLayout, layer: Int, rows: Int) {
    let c = model.configuration
    let stride = buffers.projectionWidth
    let queries = c.headCount * c.headSize
    let epsilon = Float(c.normEpsilon)
    if let queryNorm = block.queryNorm, let keyNorm = block.keyNorm {
      genki_rmsnorm_forward(
        buffers.projected, stride, nil, buffers.projected, stride, weight(queryNorm.weight), rows,
        c.headCount, c.headSize, epsilon)
      genki_rmsnorm_forward(
        buffers.projected + queries, stride, nil, buffers.projected + queries, stride,
        weight(keyNorm.weight), rows, c.keyValueHeadCount, c.headSize, epsilon)
    }
    if let rotary {
      rotary.cosine.withUnsafeBufferPointer { cosine in
        rotary.sine.withUnsafeBufferPointer { sine in
          genki_rope(
            buffers.projected, stride, cosine.baseAddress, sine.baseAddress, buffers.positions,
            rows, c.headCount + c.keyValueHeadCount, c.headSize / 2, 1)
        }
      }
    }
    let width = buffers.keyWidth
    for row in 0..<rows {
      let source = buffers.projected + row * stride + queries
      let place = (layer * capacity + length + row) * width
      (buffers.keys + place).update(from: source, count: width)
      (buffers.values + place).update(from: source + width, count: width)
    }
  }

  private func attend(layer: Int, head: Int, rows: Int, worker: Int) {
    let c = model.configuration
    let size = c.headSize
    let group = head / (c.headCount / c.keyValueHeadCount)
    var firstKey = 0
    var window = Int(Int32.max)
    if case .local(let reach) = c.attention[layer] {
      window = reach
      firstKey = max(0, length + 1 - reach)
    }
    let visible = length + rows - firstKey
    let cached = (layer * capacity + firstKey) * buffers.keyWidth + group * size
    let scores = buffers.scores + worker * Self.piece * capacity
    multiply(
      worker, m: rows, n: visible, k: size, alpha: Float(c.attentionScale[layer]),
      buffers.projected + head * size, lda: buffers.projectionWidth, buffers.keys + cached,
      ldb: buffers.keyWidth, transposeB: true, into: scores, ldc: capacity)
    genki_attention_softmax(
      scores, capacity, nil, 0, rows, visible, length, firstKey, window)
    multiply(
      worker, m: rows, n: size, k: visible, scores, lda: capacity, buffers.values + cached,
      ldb: buffers.keyWidth, into: buffers.attended + head * size, ldc: c.headCount * size)
  }

  private func mlp(_ block: LayerLayout, _ rows: Int) {
    let width = model.configuration.hiddenSize
    let inner = model.configuration.intermediateSize
    switch block.mlp {
    case .plain(let expand, let contract):
      apply(expand, rows, buffers.normed, into: buffers.hidden, ldy: inner)
      genki_gelu_forward(buffers.hidden, buffers.hidden, rows * inner)
      apply(contract, rows, buffers.hidden, into: buffers.stream, ldy: width, accumulate: true)
    case .gated(let gate, let up, let down):
      apply(gate, rows, buffers.normed, into: buffers.hidden, ldy: inner)
      apply(up, rows, buffers.normed, into: buffers.up, ldy: inner)
      genki_silu_product_forward(buffers.hidden, buffers.hidden, buffers.up, rows * inner)
      apply(down, rows, buffers.hidden, into: buffers.stream, ldy: width, accumulate: true)
    }
  }

  /// The logits of one row.
  private func head(row: Int) {
    let c = model.configuration
    normalize(model.layout.finalNorm, row + 1)
    let x = buffers.normed + row * c.hiddenSize
    pool.split(c.vocabularySize, grain: 16) { part, worker in
      multiply(
        worker, m: 1, n: part.count, k: c.hiddenSize, x, lda: c.hiddenSize,
        weight(model.layout.head) + part.lowerBound * c.hiddenSize, ldb: c.hiddenSize,
        transposeB: true, into: buffers.logits + part.lowerBound, ldc: c.vocabularySize)
    }
  }
}

/// A decoder's memory; rows is the largest number of tokens read at once.
struct DecoderBuffers {
  let projectionWidth: Int
  let keyWidth: Int
  var ids: UnsafeMutablePointer<Int32>
  var positions: UnsafeMutablePointer<Int32>
  var stream: UnsafeMutablePointer<Float>
  var normed: UnsafeMutablePointer<Float>
  var projected: UnsafeMutablePointer<Float>
  var attended: UnsafeMutablePointer<Float>
  var hidden: UnsafeMutablePointer<Float>
  var up: UnsafeMutablePointer<Float>
  var reduced: UnsafeMutablePointer<Float>
  /// Scores [workers, rows, capacity].
  var scores: UnsafeMutablePointer<Float>
  /// Keys and values [layers, capacity, keyWidth].
  var keys: UnsafeMutablePointer<Float>
  var values: UnsafeMutablePointer<Float>
  var logits: UnsafeMutablePointer<Float>
  /// Each worker's matrix products.
  var products: [MatrixProduct]

  init(
    model: LanguageModel, rows: Int, capacity: Int, workers: Int, plan: inout BufferPlan
  ) {
    let c = model.configuration
    keyWidth = c.keyValueHeadCount * c.headSize
    projectionWidth = c.headCount * c.headSize + 2 * keyWidth
    ids = plan.integers(rows)
    positions = plan.integers(rows)
    stream = plan.floats(rows * c.hiddenSize)
    normed = plan.floats(rows * c.hiddenSize)
    projected = plan.floats(rows * projectionWidth)
    attended = plan.floats(rows * c.headCount * c.headSize)
    hidden = plan.floats(rows * c.intermediateSize)
    up = plan.floats(rows * c.intermediateSize)
    reduced = plan.floats(rows * (model.adapter?.modules.map(\.rank).max() ?? 0))
    scores = plan.floats(workers * rows * capacity)
    keys = plan.floats(c.layerCount * capacity * keyWidth)
    values = plan.floats(c.layerCount * capacity * keyWidth)
    logits = plan.floats(c.vocabularySize)
    products = (0..<workers).map { _ in plan.product(.float32) }
  }
}
