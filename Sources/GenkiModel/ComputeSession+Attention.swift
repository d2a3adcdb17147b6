import GenkiFormats
import GenkiKernels
import GenkiTensor

// Causal attention in tiles of queries: a tile sees only the keys that its mask allows, scores of one
// tile are all that exists at a time, and the backward pass makes them again from log Σ exp. All of it is
// float32 whatever the precision of the linear maps: scores are exponents, and their products are few.

extension ComputeSession {
  /// The keys that the queries `first ..< first + count` see in this layer.
  private func keys(_ layer: Int, first: Int, count: Int) -> (range: Range<Int>, window: Int) {
    switch model.configuration.attention[layer] {
    case .global:
      (0..<(first + count), Int(Int32.max))
    case .local(let window):
      (max(0, first + 1 - window)..<(first + count), window)
    }
  }

  /// Attention of one key/value head of one sequence, with all query heads that share it.
  func attend(_ layer: Int, unit: Int, worker: Int) {
    let kept = layerBuffers(layer)
    let product = buffers.workers[worker].attentionProduct
    let stride = shape.projectionWidth
    let length = shape.blockSize
    let size = shape.headSize
    let (row, group) = (unit / shape.keyValueHeads * length, unit % shape.keyValueHeads)
    let sharing = shape.heads / shape.keyValueHeads
    let base = kept.projected + row * stride
    let places = shape.layout.layers[layer].places
    let key = base + places.key + group * places.step
    let value = base + places.value + group * places.step
    let scores = buffers.workers[worker].scores
    let scale = Float(model.configuration.attentionScale[layer])
    for head in (group * sharing)..<((group + 1) * sharing) {
      for first in Swift.stride(from: 0, to: length, by: shape.tileRows) {
        let count = min(shape.tileRows, length - first)
        let (visible, window) = keys(layer, first: first, count: count)
        product.multiply(
          m: count, n: visible.count, k: size, alpha: scale,
          base + first * stride + head * places.step, lda: stride,
          key + visible.lowerBound * stride,
          ldb: stride, transposeB: true, into: scores, ldc: length)
        genki_attention_softmax(
          scores, length, kept.logSums + (row + first) * shape.heads + head, shape.heads, count,
          visible.count, first, visible.lowerBound, window)
        product.multiply(
          m: count, n: size, k: visible.count, scores, lda: length,
          value + visible.lowerBound * stride, ldb: stride,
          into: kept.attended + (row + first) * shape.queryWidth + head * size,
          ldc: shape.queryWidth)
      }
    }
  }

  /// The gradients of q, k and v from that of the attended values, for one unit of `attend`.
  func attendBackward(_ layer: Int, unit: Int, worker: Int) {
    let kept = layerBuffers(layer)
    let product = buffers.workers[worker].attentionProduct
    let stride = shape.projectionWidth
    let length = shape.blockSize
    let size = shape.headSize
    let wide = shape.queryWidth
    let (row, group) = (unit / shape.keyValueHeads * length, unit % shape.keyValueHeads)
    let sharing = shape.heads / shape.keyValueHeads
    let base = kept.projected + row * stride
    let gradient = buffers.gradients.projected + row * stride
    let places = shape.layout.layers[layer].places
    let keyColumn = places.key + group * places.step
    let valueColumn = places.value + group * places.step
    let (key, value) = (base + keyColumn, base + valueColumn)
    let (keyGradient, valueGradient) = (gradient + keyColumn, gradient + valueColumn)
    let (p, dp) = (buffers.workers[worker].scores, buffers.workers[worker].scoreGradients)
    let scale = Float(model.configuration.attentionScale[layer])
    for position in 0..<length {
      (keyGradient + position * stride).update(repeating: 0, count: size)
      (valueGradient + position * stride).update(repeating: 0, count: size)
    }
    for head in (group * sharing)..<((group + 1) * sharing) {
      for first in Swift.stride(from: 0, to: length, by: shape.tileRows) {
        let count = min(shape.tileRows, length - first)
        let (visible, window) = keys(layer, first: first, count: count)
        let query = base + first * stride + head * places.step
        let attended = (row + first) * wide + head * size
        let from = visible.lowerBound * stride
        let outGradient = buffers.gradients.attended + attended
        product.multiply(
          m: count, n: visible.count, k: size, alpha: scale, query, lda: stride, key + from,
          ldb: stride, transposeB: true, into: p, ldc: length)
        genki_attention_probabilities(
          p, length, kept.logSums + (row + first) * shape.heads + head, shape.heads, count,
          visible.count, first, visible.lowerBound, window)
        product.multiply(
          m: visible.count, n: size, k: count, p, lda: length, transposeA: true, outGradient,
          ldb: wide, accumulate: true, into: valueGradient + from, ldc: stride)
        product.multiply(
          m: count, n: visible.count, k: size, outGradient, lda: wide, value + from, ldb: stride,
          transposeB: true, into: dp, ldc: length)
        genki_attention_backward(
          dp, p, length, outGradient, kept.attended + attended, wide, size, count, visible.count)
        product.multiply(
          m: count, n: size, k: visible.count, alpha: scale, dp, lda: length, key + from,
          ldb: stride, into: gradient + first * stride + head * places.step, ldc: stride)
        product.multiply(
          m: visible.count, n: size, k: count, alpha: scale, dp, lda: length, transposeA: true,
          query, ldb: stride, accumulate: true, into: keyGradient + from, ldc: stride)
      }
    }
  }
}
