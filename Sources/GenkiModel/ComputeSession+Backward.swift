import GenkiFormats
import GenkiKernels
import GenkiTensor

// The backward pass. Gradients of activations are split over rows, those of parameters over columns;
// the letters are the phases of one block, and workers meet between two of them.

extension ComputeSession {
  /// Adds the gradient of `scale` · Σ loss of the loaded rows to `gradients`; returns Σ loss.
  ///
  /// `forward(rows:)` must have run on the same rows.
  func backward(rows: Int, scale: Float) -> Double {
    let sum = lossAndHeadGradient(rows: rows, scale: scale)
    let tokens = rows * shape.blockSize
    let layers = shape.layout.layers
    let g = buffers.gradients
    normParameters(
      shape.layout.finalNorm, tokens: tokens, dy: g.normed, x: buffers.output, buffers.finalNorm)
    pool.split(tokens) { range, _ in
      (g.stream + range.lowerBound * shape.hidden).update(
        repeating: 0, count: range.count * shape.hidden)
      normBackward(
        shape.layout.finalNorm, range, dy: g.normed, x: buffers.output, buffers.finalNorm,
        addedTo: g.stream)
    }
    for layer in layers.indices.reversed() { backwardBlock(layer, tokens: tokens) }
    if model.adapter == nil { embeddingGradients(tokens) }
    return sum
  }

  private func backwardBlock(_ layer: Int, tokens: Int) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let g = buffers.gradients
    // A: through the MLP.
    let mlpGradient = branchGradient(
      block.mlpOutputNorm, tokens: tokens, raw: kept.mlpOutput, kept.mlpOutputNorm)
    pool.split(tokens) { range, worker in
      activate(layer, range)
      normalizeMLPInput(layer, range)
      mlpBackward(layer, range, worker, dy: mlpGradient)
    }
    // B: the MLP's parameters.
    pool.run { worker in
      mlpParameters(layer, tokens: tokens, worker: worker, dy: mlpGradient)
    }
    normParameters(
      block.mlpNorm, tokens: tokens, dy: g.normed, x: mlpSource(layer), kept.mlpNorm)
    // C: through the second norm and attention's output, whose gradient beside an MLP is the block's.
    let besideMLP =
      shape.isParallel
      ? branchGradient(
        block.attentionOutputNorm, tokens: tokens, raw: kept.attentionOutput,
        kept.attentionOutputNorm) : nil
    pool.split(tokens) { range, _ in
      normBackward(
        block.mlpNorm, range, dy: g.normed, x: mlpSource(layer), kept.mlpNorm, addedTo: g.stream)
    }
    let attentionGradient =
      besideMLP
      ?? branchGradient(
        block.attentionOutputNorm, tokens: tokens, raw: kept.attentionOutput,
        kept.attentionOutputNorm)
    pool.split(tokens) { range, worker in
      backward(
        block.output, place: block.outputPlace, range: range, worker: worker, attentionGradient,
        ldy: shape.hidden, x: kept.attended, ldx: shape.queryWidth, into: g.attended,
        ldd: shape.queryWidth)
    }
    backwardAttention(layer, tokens: tokens, dy: attentionGradient)
  }

  /// The rest of a block on the way back, from the gradient of the attended values and of its output map.
  private func backwardAttention(_ layer: Int, tokens: Int, dy: UnsafePointer<Float>) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let g = buffers.gradients
    let width = shape.hidden
    // D: through attention.
    pool.split(tokens / shape.blockSize * shape.keyValueHeads) { range, worker in
      for unit in range { attendBackward(layer, unit: unit, worker: worker) }
    }
    // E: back through rotation and head norms to the first norm's output.
    pool.split(tokens) { range, _ in
      rotate(
        layer, g.projected + range.lowerBound * shape.projectionWidth, first: range.lowerBound,
        count: range.count, direction: -1)
    }
    headNormParameters(block, kept, tokens: tokens)
    let x = attentionInput(layer)
    pool.split(tokens) { range, worker in
      headNormBackward(block, kept, range)
      normalizeAttentionInput(layer, range)
      for (index, projection) in block.projections.enumerated() {
        backward(
          projection.linear, place: index, range: range, worker: worker,
          g.projected + projection.column, ldy: shape.projectionWidth, x: x, ldx: width,
          into: g.normed, ldd: width, accumulate: index > 0)
      }
    }
    // F: attention's parameters.
    pool.run { worker in
      parameterGradients(
        block.output, place: block.outputPlace, layer: kept, rows: tokens, worker: worker, dy: dy,
        ldy: width, x: kept.attended, ldx: shape.queryWidth)
      for (index, projection) in block.projections.enumerated() {
        parameterGradients(
          projection.linear, place: index, layer: kept, rows: tokens, worker: worker,
          dy: g.projected + projection.column, ldy: shape.projectionWidth, x: x, ldx: width)
      }
    }
    normParameters(
      block.attentionNorm, tokens: tokens, dy: g.normed, x: kept.input, kept.attentionNorm)
    // G: through the first norm into the residual stream.
    pool.split(tokens) { range, _ in
      normBackward(
        block.attentionNorm, range, dy: g.normed, x: kept.input, kept.attentionNorm,
        addedTo: g.stream)
    }
  }

  /// The gradient of what a branch's linear map made: the stream's, times the residual scale and back through
  /// the branch's norm.
  private func branchGradient(
    _ norm: Norm?, tokens: Int, raw: UnsafePointer<Float>, _ kept: NormBuffers
  ) -> UnsafePointer<Float> {
    let (stream, branch) = (buffers.gradients.stream, buffers.gradients.branch)
    guard norm != nil || shape.residualScale != 1 || shape.isParallel else {
      return UnsafePointer(stream)
    }
    let width = shape.hidden
    pool.split(tokens) { range, _ in
      let start = range.lowerBound * width
      genki_scale(branch + start, stream + start, shape.residualScale, range.count * width)
    }
    guard let norm else { return UnsafePointer(branch) }
    normParameters(norm, tokens: tokens, dy: branch, x: raw, kept)
    pool.split(tokens) { range, _ in
      normBackward(norm, range, dy: branch, x: raw, kept, addedTo: nil)
    }
    return UnsafePointer(branch)
  }

  private func mlpBackward(
    _ layer: Int, _ range: Range<Int>, _ worker: Int, dy: UnsafePointer<Float>
  ) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let g = buffers.gradients
    let (inner, wide) = (shape.intermediate, shape.innerWidth)
    // The gradient of the activated values goes where that of the first products will be.
    backward(
      block.mlp.last, place: block.mlpPlace + block.mlp.first.count, range: range, worker: worker,
      dy, ldy: shape.hidden, x: buffers.remade.activated, ldx: inner, into: g.hidden, ldd: wide)
    if block.mlp.isGated {
      for row in range {
        let (gate, gradient) = (kept.hidden + row * wide, g.hidden + row * wide)
        genki_gated_backward(
          shape.activation, gradient, gradient + inner, gradient, gate, gate + inner, inner)
      }
    } else {
      let start = range.lowerBound * inner
      genki_activation_backward(
        shape.activation, g.hidden + start, g.hidden + start, kept.hidden + start,
        range.count * inner)
    }
    for (index, first) in block.mlp.first.enumerated() {
      backward(
        first.linear, place: block.mlpPlace + index, range: range, worker: worker,
        g.hidden + first.column, ldy: wide, x: mlpInput(layer), ldx: shape.hidden,
        into: g.normed, ldd: shape.hidden, accumulate: index > 0)
    }
  }

  private func mlpParameters(
    _ layer: Int, tokens: Int, worker: Int, dy: UnsafePointer<Float>
  ) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    parameterGradients(
      block.mlp.last, place: block.mlpPlace + block.mlp.first.count, layer: kept, rows: tokens,
      worker: worker, dy: dy, ldy: shape.hidden, x: buffers.remade.activated,
      ldx: shape.intermediate)
    for (index, first) in block.mlp.first.enumerated() {
      parameterGradients(
        first.linear, place: block.mlpPlace + index, layer: kept, rows: tokens, worker: worker,
        dy: buffers.gradients.hidden + first.column, ldy: shape.innerWidth, x: mlpInput(layer),
        ldx: shape.hidden)
    }
  }
}
