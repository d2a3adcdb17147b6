import GenkiKernels
import GenkiTensor

/// The way of some tokens through the model, as one worker goes it beside the others.
///
/// Made of numbers and pointers alone: counting references to shared objects would cost the workers more
/// than they compute between two meetings. What is little is computed by every worker for itself.
struct DecodingPass {
  /// What comes before and after the blocks.
  struct Ends {
    let tokens: StoredMatrix
    let positions: StoredMatrix?
    let norm: PlannedNorm
    /// Nil where no logits are wanted.
    let head: StoredMatrix?
  }

  let shape: DecoderShape
  let buffers: DecoderBuffers
  let cache: KeyValueCache
  /// The tokens that go through, and how many were read before them.
  let rows: Int
  let length: Int

  /// Outputs of a linear map that are not divided among workers: a line of float32.
  private static let grain = 16

  func perform(
    _ layers: UnsafeBufferPointer<PlannedLayer>, ends: Ends,
    rotary: (cosine: UnsafePointer<Float>?, sine: UnsafePointer<Float>?), worker: Int,
    meet barrier: WorkerBarrier
  ) {
    if worker == 0 { embed(ends) }
    barrier.meet()
    for (index, layer) in layers.enumerated() {
      project(layer, worker)
      barrier.meet()
      for unit in share(of: shape.heads + 2 * shape.keyValueHeads, worker) {
        turnAndKeep(layer, index, unit: unit, rotary)
      }
      barrier.meet()
      for head in share(of: shape.heads, worker) { attend(layer, index, head: head, worker) }
      barrier.meet()
      multiply(
        layer.output, share(of: shape.hidden, grain: Self.grain, worker), buffers.attended,
        into: buffers.stream, stride: shape.hidden, accumulate: true, worker)
      barrier.meet()
      expand(layer, worker)
      barrier.meet()
      multiply(
        layer.contract, share(of: shape.hidden, grain: Self.grain, worker), buffers.hidden,
        into: buffers.stream, stride: shape.hidden, accumulate: true, worker)
      barrier.meet()
    }
    guard let head = ends.head else { return }
    let last = normalize(ends.norm, first: rows - 1, worker)
    let part = share(of: shape.vocabulary, grain: Self.grain, worker)
    row(head, part, last, into: buffers.logits, accumulate: false)
  }

  func share(of items: Int, grain: Int = 1, _ worker: Int) -> Range<Int> {
    WorkerPool.share(of: items, grain: grain, worker: worker, count: shape.workers)
  }

  private func embed(_ ends: Ends) {
    for row in 0..<rows {
      let out = buffers.stream + row * shape.hidden
      let token = Int(buffers.ids[row])
      ends.tokens.widen(token..<token + 1, into: out)
      guard let positions = ends.positions else { continue }
      // The first buffer of this worker that is free.
      positions.widen(length + row..<length + row + 1, into: buffers.normed)
      genki_add(out, buffers.normed, shape.hidden)
    }
  }

  /// The rows from `first` on, normed, in the worker's own memory.
  private func normalize(
    _ norm: PlannedNorm, first: Int = 0, _ worker: Int
  ) -> UnsafePointer<Float> {
    let width = shape.hidden
    let out = buffers.normed + worker * shape.rows * width
    let x = buffers.stream + first * width
    if let bias = norm.bias {
      genki_layernorm_forward(
        out, nil, nil, x, norm.weight, bias, rows - first, width, shape.epsilon)
    } else {
      genki_rmsnorm_forward(
        out, width, nil, x, width, norm.weight, rows - first, 1, width, shape.epsilon)
    }
    return UnsafePointer(out)
  }

  /// A worker's part of [q | k | v], whose matrices are one after the other here.
  private func project(_ layer: PlannedLayer, _ worker: Int) {
    let x = normalize(layer.norm1, worker)
    let part = share(of: shape.projectionWidth, grain: Self.grain, worker)
    var column = 0
    func next(_ linear: PlannedLinear) {
      let end = column + linear.matrix.outputs
      let common = part.clamped(to: column..<end)
      multiply(
        linear, common.lowerBound - column..<common.upperBound - column, x,
        into: buffers.projected + column, stride: shape.projectionWidth, accumulate: false, worker)
      column = end
    }
    next(layer.query)
    if let key = layer.key { next(key) }
    if let value = layer.value { next(value) }
  }

  /// A worker's part of what the MLP contracts.
  private func expand(_ layer: PlannedLayer, _ worker: Int) {
    let x = normalize(layer.norm2, worker)
    let width = shape.intermediate
    let part = share(of: width, grain: Self.grain, worker)
    guard !part.isEmpty else { return }
    multiply(
      layer.expand, part, x, into: buffers.hidden, stride: width, accumulate: false, worker)
    if let up = layer.up {
      multiply(up, part, x, into: buffers.up, stride: width, accumulate: false, worker)
    }
    for row in 0..<rows {
      let place = row * width + part.lowerBound
      let out = buffers.hidden + place
      if layer.up != nil {
        genki_silu_product_forward(out, out, buffers.up + place, part.count)
      } else {
        genki_gelu_forward(out, out, part.count)
      }
    }
  }

  // MARK: - Attention

  /// Norms and turns one head of q or k, and puts k and v into the cache.
  private func turnAndKeep(
    _ layer: PlannedLayer, _ index: Int, unit: Int,
    _ rotary: (cosine: UnsafePointer<Float>?, sine: UnsafePointer<Float>?)
  ) {
    let size = shape.headSize
    let stride = shape.projectionWidth
    let x = buffers.projected + unit * size
    let isValue = unit >= shape.heads + shape.keyValueHeads
    let isQuery = unit < shape.heads
    if !isValue {
      if let norm = isQuery ? layer.queryNorm : layer.keyNorm {
        genki_rmsnorm_forward(x, stride, nil, x, stride, norm, rows, 1, size, shape.epsilon)
      }
      if let cosine = rotary.cosine, let sine = rotary.sine {
        genki_rope(x, stride, cosine, sine, buffers.positions, rows, 1, size / 2, 1)
      }
    }
    guard !isQuery else { return }
    let group = (unit - shape.heads) % shape.keyValueHeads
    let out = (isValue ? cache.values : cache.keys) + place(index, group, length)
    for row in 0..<rows { (out + row * size).update(from: x + row * stride, count: size) }
  }

  /// Where a position's key or value begins in the cache.
  private func place(_ layer: Int, _ group: Int, _ position: Int) -> Int {
    ((layer * shape.keyValueHeads + group) * shape.capacity + position) * shape.headSize
  }

  private func attend(_ layer: PlannedLayer, _ index: Int, head: Int, _ worker: Int) {
    let size = shape.headSize
    let firstKey = max(0, length + 1 - layer.reach)
    let visible = length + rows - firstKey
    let group = head / (shape.heads / shape.keyValueHeads)
    let keys = UnsafePointer(cache.keys + place(index, group, firstKey))
    let values = UnsafePointer(cache.values + place(index, group, firstKey))
    let query = UnsafePointer(buffers.projected + head * size)
    let scores = buffers.scores + worker * shape.rows * shape.capacity
    let out = buffers.attended + head * size
    let product = product(worker)
    if rows == 1 {
      MatrixProduct.multiplyRow(
        n: visible, k: size, alpha: layer.scale, query, keys, ldb: size, transposeB: true,
        into: scores)
    } else {
      product.multiply(
        m: rows, n: visible, k: size, alpha: layer.scale, query, lda: shape.projectionWidth, keys,
        ldb: size, transposeB: true, into: scores, ldc: shape.capacity)
    }
    genki_attention_softmax(
      scores, shape.capacity, nil, 0, rows, visible, length, firstKey, layer.reach)
    if rows == 1 {
      MatrixProduct.multiplyRow(n: size, k: visible, scores, values, ldb: size, into: out)
    } else {
      product.multiply(
        m: rows, n: size, k: visible, scores, lda: shape.capacity, values, ldb: size, into: out,
        ldc: shape.queryWidth)
    }
  }
}
