import GenkiFormats
import GenkiKernels
import GenkiTensor

// The forward pass: embeddings, blocks, final norm.

extension ComputeSession {
  /// Runs the loaded rows up to the final norm; `buffers.outputNormed` holds the result.
  func forward(rows: Int) {
    let tokens = rows * shape.blockSize
    let layers = shape.layout.layers
    pool.split(tokens, grain: grain(tokens)) { range, worker in
      embed(range)
      if layers.isEmpty { finish(range) } else { project(0, range, worker) }
    }
    for layer in layers.indices {
      pool.split(rows * shape.keyValueHeads) { range, worker in
        for unit in range { attend(layer, unit: unit, worker: worker) }
      }
      pool.split(tokens, grain: grain(tokens)) { range, worker in
        completeBlock(layer, range, worker)
        if layer + 1 < layers.count { project(layer + 1, range, worker) } else { finish(range) }
      }
    }
  }

  /// Row ranges begin at multiples of 8 when there is enough work, so that no product has an edge.
  private func grain(_ tokens: Int) -> Int { tokens >= 64 ? 8 : 1 }

  private func embed(_ range: Range<Int>) {
    let width = shape.hidden
    let first = range.lowerBound
    let output = shape.layout.layers.isEmpty ? buffers.output : layerBuffers(0).input
    genki_embed(
      output + first * width, weight(shape.layout.tokenEmbedding),
      weight(shape.layout.positionEmbedding), buffers.ids + first, buffers.positions + first,
      range.count, width)
  }

  /// out = norm(x) for rows `range` of vectors as wide as the model.
  private func normalize(
    _ norm: Norm, _ range: Range<Int>, _ x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>,
    rstd: UnsafeMutablePointer<Float>
  ) {
    let width = shape.hidden
    let first = range.lowerBound
    let epsilon = Float(model.configuration.normEpsilon)
    if norm.isRMS {
      genki_rmsnorm_forward(
        out + first * width, width, rstd + first, x + first * width, width, weight(norm.weight),
        range.count, 1, width, epsilon)
    } else {
      genki_layernorm_forward(
        out + first * width, mean + first, rstd + first, x + first * width, weight(norm.weight),
        weight(norm.bias), range.count, width, epsilon)
    }
  }

  /// A block's first norm, its q, k and v, their norms and rotation.
  private func project(_ layer: Int, _ range: Range<Int>, _ worker: Int) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let stride = shape.projectionWidth
    normalize(
      block.norm1, range, kept.input, into: kept.normed1, mean: kept.mean1, rstd: kept.rstd1)
    for (place, projection) in block.projections.enumerated() {
      forward(
        projection.linear, place: place, layer: kept, range: range, worker: worker, kept.normed1,
        ldx: shape.hidden, into: kept.projected + projection.column, ldy: stride)
    }
    let first = range.lowerBound
    let rows = kept.projected + first * stride
    if let queryNorm = block.queryNorm, let keyNorm = block.keyNorm {
      let raw = kept.rawHeads + first * (shape.queryWidth + shape.keyWidth)
      let epsilon = Float(model.configuration.normEpsilon)
      let rawStride = shape.queryWidth + shape.keyWidth
      for row in 0..<range.count {
        (raw + row * rawStride).update(from: rows + row * stride, count: rawStride)
      }
      genki_rmsnorm_forward(
        rows, stride, kept.queryRstd + first * shape.heads, raw, rawStride,
        weight(queryNorm.weight), range.count, shape.heads, shape.headSize, epsilon)
      genki_rmsnorm_forward(
        rows + shape.queryWidth, stride, kept.keyRstd + first * shape.keyValueHeads,
        raw + shape.queryWidth, rawStride, weight(keyNorm.weight), range.count,
        shape.keyValueHeads, shape.headSize, epsilon)
    }
    rotate(rows, first: first, count: range.count, direction: 1)
  }

  /// Turns q and k of rows [q | k | v] by their positions.
  func rotate(
    _ rows: UnsafeMutablePointer<Float>, first: Int, count: Int, direction: Float
  ) {
    guard let rotary else { return }
    rotary.cosine.withUnsafeBufferPointer { cosine in
      rotary.sine.withUnsafeBufferPointer { sine in
        genki_rope(
          rows, shape.projectionWidth, cosine.baseAddress, sine.baseAddress,
          buffers.positions + first, count, shape.heads + shape.keyValueHeads, shape.headSize / 2,
          direction)
      }
    }
  }

  /// The rest of a block: attention's output, the residual, the second norm and the MLP.
  private func completeBlock(_ layer: Int, _ range: Range<Int>, _ worker: Int) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let width = shape.hidden
    let span = range.count * width
    let start = range.lowerBound * width
    let place = block.projections.count
    (kept.middle + start).update(from: kept.input + start, count: span)
    forward(
      block.output, place: place, layer: kept, range: range, worker: worker, kept.attended,
      ldx: shape.queryWidth, into: kept.middle, ldy: width, accumulate: true)
    normalize(
      block.norm2, range, kept.middle, into: kept.normed2, mean: kept.mean2, rstd: kept.rstd2)
    let output = outputOf(layer)
    let inner = shape.intermediate
    let innerStart = range.lowerBound * inner
    let innerSpan = range.count * inner
    (output + start).update(from: kept.middle + start, count: span)
    switch block.mlp {
    case .plain(let expand, let contract):
      forward(
        expand, place: place + 1, layer: kept, range: range, worker: worker, kept.normed2,
        ldx: width, into: kept.hidden, ldy: inner)
      genki_gelu_forward(kept.activated + innerStart, kept.hidden + innerStart, innerSpan)
      forward(
        contract, place: place + 2, layer: kept, range: range, worker: worker, kept.activated,
        ldx: inner, into: output, ldy: width, accumulate: true)
    case .gated(let gate, let up, let down):
      forward(
        gate, place: place + 1, layer: kept, range: range, worker: worker, kept.normed2,
        ldx: width, into: kept.hidden, ldy: inner)
      forward(
        up, place: place + 2, layer: kept, range: range, worker: worker, kept.normed2, ldx: width,
        into: kept.up, ldy: inner)
      genki_silu_product_forward(
        kept.activated + innerStart, kept.hidden + innerStart, kept.up + innerStart, innerSpan)
      forward(
        down, place: place + 3, layer: kept, range: range, worker: worker, kept.activated,
        ldx: inner, into: output, ldy: width, accumulate: true)
    }
  }

  private func finish(_ range: Range<Int>) {
    normalize(
      shape.layout.finalNorm, range, buffers.output, into: buffers.outputNormed,
      mean: buffers.outputMean, rstd: buffers.outputRstd)
  }
}
