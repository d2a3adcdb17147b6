import GenkiKernels
import GenkiTensor

// Attention of a few tokens against what has been read.

extension DecodingPass {
  /// Norms of all queries together and of all keys together, where a layer has such; whether it has.
  func normTogether(_ layer: PlannedLayer, _ worker: Int) -> Bool {
    guard let query = layer.queryNorm, let key = layer.keyNorm, query.width > shape.headSize else {
      return false
    }
    for part in share(of: 2, worker) {
      let norm = part == 0 ? query : key
      let x = buffers.projected + (part == 0 ? 0 : layer.places.key)
      genki_rmsnorm_forward(
        x, shape.projectionWidth, nil, x, shape.projectionWidth, norm.weight, norm.offset, rows, 1,
        norm.width, shape.epsilon)
    }
    return true
  }

  /// Norms and turns one head of q or k, and puts k and v into the cache.
  func turnAndKeep(
    _ layer: PlannedLayer, _ index: Int, unit: Int, _ rotation: RotaryTable?
  ) {
    let size = shape.headSize
    let stride = shape.projectionWidth
    let places = layer.places
    let isValue = unit >= shape.heads + shape.keyValueHeads
    let isQuery = unit < shape.heads
    let number = isQuery ? unit : (unit - shape.heads) % shape.keyValueHeads
    let start = isQuery ? 0 : isValue ? places.value : places.key
    let x = buffers.projected + start + number * places.step
    if !isValue {
      if let query = layer.queryNorm, let key = layer.keyNorm, query.width <= size {
        let norm = isQuery ? query : key
        genki_rmsnorm_forward(
          x, stride, nil, x, stride, norm.weight, norm.offset, rows, 1, size, shape.epsilon)
      }
      if let rotation {
        genki_rope(
          x, stride, rotation.cosine, rotation.sine, buffers.positions, rows, 1, size,
          rotation.half, 1)
      }
    }
    guard !isQuery else { return }
    let group = number
    let out = (isValue ? cache.values : cache.keys) + place(index, group, length)
    for row in 0..<rows { (out + row * size).update(from: x + row * stride, count: size) }
  }

  /// Where a position's key or value begins in the cache.
  private func place(_ layer: Int, _ group: Int, _ position: Int) -> Int {
    ((layer * shape.keyValueHeads + group) * shape.capacity + position) * shape.headSize
  }

  func attend(_ layer: PlannedLayer, _ index: Int, head: Int, _ worker: Int) {
    let size = shape.headSize
    let firstKey = max(0, length + 1 - layer.reach)
    let visible = length + rows - firstKey
    let group = head / (shape.heads / shape.keyValueHeads)
    let keys = UnsafePointer(cache.keys + place(index, group, firstKey))
    let values = UnsafePointer(cache.values + place(index, group, firstKey))
    let query = UnsafePointer(buffers.projected + head * layer.places.step)
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
