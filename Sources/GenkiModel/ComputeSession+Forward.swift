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
      output + first * width, weight(shape.layout.tokenEmbedding), shape.embeddingScale,
      weight(shape.layout.positionEmbedding), buffers.ids + first, buffers.positions + first,
      range.count, width)
  }

  /// Rows `range` of norm(x), which go into `out`; x itself without a norm.
  private func normalize(
    _ norm: Norm?, _ range: Range<Int>, _ x: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>, _ kept: NormBuffers
  ) -> UnsafePointer<Float> {
    guard let norm else { return x }
    let width = shape.hidden
    let first = range.lowerBound
    switch norm.kind {
    case .rms, .rmsAroundOne:
      genki_rmsnorm_forward(
        out + first * width, width, kept.rstd + first, x + first * width, width,
        weight(norm.weight), norm.offset, range.count, 1, width, shape.epsilon)
    case .layer:
      genki_layernorm_forward(
        out + first * width, kept.mean + first, kept.rstd + first, x + first * width,
        weight(norm.weight), weight(norm.bias), range.count, width, shape.epsilon)
    }
    return UnsafePointer(out)
  }

  /// What a block's projections see.
  func attentionInput(_ layer: Int) -> UnsafePointer<Float> {
    UnsafePointer(
      shape.layout.layers[layer].attentionNorm == nil
        ? layerBuffers(layer).input : buffers.remade.normed1)
  }

  /// What the norm of a block's MLP sees.
  func mlpSource(_ layer: Int) -> UnsafePointer<Float> {
    let kept = layerBuffers(layer)
    return UnsafePointer(shape.isParallel ? kept.input : kept.middle)
  }

  /// What a block's MLP sees.
  func mlpInput(_ layer: Int) -> UnsafePointer<Float> {
    shape.layout.layers[layer].mlpNorm == nil
      ? mlpSource(layer) : UnsafePointer(buffers.remade.normed2)
  }

  /// Makes rows `range` of what a block's projections see.
  @discardableResult
  func normalizeAttentionInput(_ layer: Int, _ range: Range<Int>) -> UnsafePointer<Float> {
    let kept = layerBuffers(layer)
    return normalize(
      shape.layout.layers[layer].attentionNorm, range, kept.input, into: buffers.remade.normed1,
      kept.attentionNorm)
  }

  /// Makes rows `range` of what a block's MLP sees.
  @discardableResult
  func normalizeMLPInput(_ layer: Int, _ range: Range<Int>) -> UnsafePointer<Float> {
    normalize(
      shape.layout.layers[layer].mlpNorm, range, mlpSource(layer), into: buffers.remade.normed2,
      layerBuffers(layer).mlpNorm)
  }

  /// Makes rows `range` of what a block's MLP contracts.
  func activate(_ layer: Int, _ range: Range<Int>) {
    let hidden = layerBuffers(layer).hidden
    let activated = buffers.remade.activated
    let inner = shape.intermediate
    if shape.layout.layers[layer].mlp.isGated {
      for row in range {
        let gate = hidden + row * shape.innerWidth
        genki_gated_forward(
          shape.activation, activated + row * inner, gate, gate + inner, inner)
      }
    } else {
      let start = range.lowerBound * inner
      genki_activation_forward(
        shape.activation, activated + start, hidden + start, range.count * inner)
    }
  }

  /// A block's first norm, its q, k and v, their norms and rotation.
  private func project(_ layer: Int, _ range: Range<Int>, _ worker: Int) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let stride = shape.projectionWidth
    let x = normalizeAttentionInput(layer, range)
    for (place, projection) in block.projections.enumerated() {
      forward(
        projection.linear, place: place, layer: kept, range: range, worker: worker, x,
        ldx: shape.hidden, into: kept.projected + projection.column, ldy: stride)
    }
    let first = range.lowerBound
    let rows = kept.projected + first * stride
    if let norms = block.headNorms {
      let rawStride = shape.queryWidth + shape.keyWidth
      let raw = kept.rawHeads + first * rawStride
      for row in 0..<range.count {
        (raw + row * rawStride).update(from: rows + row * stride, count: rawStride)
      }
      let queries = shape.queryWidth / norms.query.width
      let keys = shape.keyWidth / norms.key.width
      genki_rmsnorm_forward(
        rows, stride, kept.queryRstd + first * queries, raw, rawStride,
        weight(norms.query.weight), norms.query.offset, range.count, queries, norms.query.width,
        shape.epsilon)
      genki_rmsnorm_forward(
        rows + shape.queryWidth, stride, kept.keyRstd + first * keys, raw + shape.queryWidth,
        rawStride, weight(norms.key.weight), norms.key.offset, range.count, keys,
        norms.key.width, shape.epsilon)
    }
    rotate(layer, rows, first: first, count: range.count, direction: 1)
  }

  /// Turns q and k of rows of projections by their positions.
  func rotate(
    _ layer: Int, _ rows: UnsafeMutablePointer<Float>, first: Int, count: Int, direction: Float
  ) {
    guard let rotary = rotary.ofLayer[layer] else { return }
    let places = shape.layout.layers[layer].places
    let stride = shape.projectionWidth
    for (start, heads) in [(0, shape.heads), (places.key, shape.keyValueHeads)] {
      genki_rope(
        rows + start, stride, rotary.cosine, rotary.sine, buffers.positions + first, count, heads,
        places.step, rotary.half, direction)
    }
  }

  /// The rest of a block: attention's output, the residual, the second norm and the MLP.
  private func completeBlock(_ layer: Int, _ range: Range<Int>, _ worker: Int) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let middle = shape.isParallel ? buffers.remade.middle : kept.middle
    addBranch(
      layer, block.output, place: block.outputPlace, range, worker, kept.attended,
      ldx: shape.queryWidth, norm: block.attentionOutputNorm, raw: kept.attentionOutput,
      kept.attentionOutputNorm, to: kept.input, into: middle)
    let x = normalizeMLPInput(layer, range)
    for (index, first) in block.mlp.first.enumerated() {
      forward(
        first.linear, place: block.mlpPlace + index, layer: kept, range: range, worker: worker, x,
        ldx: shape.hidden, into: kept.hidden + first.column, ldy: shape.innerWidth)
    }
    activate(layer, range)
    addBranch(
      layer, block.mlp.last, place: block.mlpPlace + block.mlp.first.count, range, worker,
      buffers.remade.activated, ldx: shape.intermediate, norm: block.mlpOutputNorm,
      raw: kept.mlpOutput,
      kept.mlpOutputNorm, to: middle, into: outputOf(layer))
  }

  /// out = base + residual scale · norm(linear(x)) for rows `range`; `raw` keeps what a norm sees.
  private func addBranch(
    _ layer: Int, _ linear: Linear, place: Int, _ range: Range<Int>, _ worker: Int,
    _ x: UnsafePointer<Float>, ldx: Int, norm: Norm?, raw: UnsafeMutablePointer<Float>,
    _ keptNorm: NormBuffers, to base: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let width = shape.hidden
    let start = range.lowerBound * width
    let span = range.count * width
    let isPlain = norm == nil && shape.residualScale == 1
    if isPlain { (out + start).update(from: base + start, count: span) }
    forward(
      linear, place: place, layer: layerBuffers(layer), range: range, worker: worker, x, ldx: ldx,
      into: norm == nil ? out : raw, ldy: width, accumulate: isPlain)
    guard !isPlain else { return }
    _ = normalize(norm, range, raw, into: out, keptNorm)
    genki_join(out + start, base + start, shape.residualScale, span)
  }

  private func finish(_ range: Range<Int>) {
    _ = normalize(
      shape.layout.finalNorm, range, buffers.output, into: buffers.outputNormed,
      buffers.finalNorm)
  }
}
