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
    normParameters(
      shape.layout.finalNorm, tokens: tokens, x: buffers.output, mean: buffers.outputMean,
      rstd: buffers.outputRstd)
    pool.split(tokens) { range, worker in
      (buffers.gradients.stream + range.lowerBound * shape.hidden).update(
        repeating: 0, count: range.count * shape.hidden)
      normBackward(
        shape.layout.finalNorm, range, x: buffers.output, mean: buffers.outputMean,
        rstd: buffers.outputRstd)
    }
    for layer in layers.indices.reversed() { backwardBlock(layer, rows: rows) }
    if model.adapter == nil { embeddingGradients(tokens) }
    return sum
  }

  private func backwardBlock(_ layer: Int, rows: Int) {
    let tokens = rows * shape.blockSize
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let g = buffers.gradients
    let width = shape.hidden
    let place = block.projections.count
    // A: through the MLP.
    pool.split(tokens) { range, worker in mlpBackward(layer, range, worker) }
    // B: the MLP's parameters.
    pool.run { worker in
      mlpParameters(block, kept, tokens: tokens, worker: worker)
    }
    normParameters(block.norm2, tokens: tokens, x: kept.middle, mean: kept.mean2, rstd: kept.rstd2)
    // C: through the second norm and attention's output.
    pool.split(tokens) { range, worker in
      normBackward(block.norm2, range, x: kept.middle, mean: kept.mean2, rstd: kept.rstd2)
      backward(
        block.output, place: place, range: range, worker: worker, g.stream, ldy: width,
        x: kept.attended, ldx: shape.queryWidth, into: g.attended, ldd: shape.queryWidth)
    }
    // D: through attention.
    pool.split(rows * shape.keyValueHeads) { range, worker in
      for unit in range { attendBackward(layer, unit: unit, worker: worker) }
    }
    // E: back through rotation and head norms to the first norm's output.
    pool.split(tokens) { range, _ in
      rotate(
        g.projected + range.lowerBound * shape.projectionWidth, first: range.lowerBound,
        count: range.count, direction: -1)
    }
    headNormParameters(block, kept, tokens: tokens)
    pool.split(tokens) { range, worker in
      headNormBackward(block, kept, range)
      for (index, projection) in block.projections.enumerated() {
        backward(
          projection.linear, place: index, range: range, worker: worker,
          g.projected + projection.column, ldy: shape.projectionWidth, x: kept.normed1, ldx: width,
          into: g.normed, ldd: width, accumulate: index > 0)
      }
    }
    // F: attention's parameters.
    pool.run { worker in
      parameterGradients(
        block.output, place: place, layer: kept, rows: tokens, worker: worker, dy: g.stream,
        ldy: width, x: kept.attended, ldx: shape.queryWidth)
      for (index, projection) in block.projections.enumerated() {
        parameterGradients(
          projection.linear, place: index, layer: kept, rows: tokens, worker: worker,
          dy: g.projected + projection.column, ldy: shape.projectionWidth, x: kept.normed1,
          ldx: width)
      }
    }
    normParameters(block.norm1, tokens: tokens, x: kept.input, mean: kept.mean1, rstd: kept.rstd1)
    // G: through the first norm into the residual stream.
    pool.split(tokens) { range, _ in
      normBackward(block.norm1, range, x: kept.input, mean: kept.mean1, rstd: kept.rstd1)
    }
  }

  private func mlpBackward(_ layer: Int, _ range: Range<Int>, _ worker: Int) {
    let block = shape.layout.layers[layer]
    let kept = layerBuffers(layer)
    let g = buffers.gradients
    let (width, inner) = (shape.hidden, shape.intermediate)
    let place = block.projections.count + 1
    let start = range.lowerBound * inner
    let span = range.count * inner
    switch block.mlp {
    case .plain(let expand, let contract):
      backward(
        contract, place: place + 1, range: range, worker: worker, g.stream, ldy: width,
        x: kept.activated, ldx: inner, into: g.hidden, ldd: inner)
      genki_gelu_backward(g.hidden + start, g.hidden + start, kept.hidden + start, span)
      backward(
        expand, place: place, range: range, worker: worker, g.hidden, ldy: inner,
        x: kept.normed2, ldx: width, into: g.normed, ldd: width)
    case .gated(let gate, let up, let down):
      backward(
        down, place: place + 2, range: range, worker: worker, g.stream, ldy: width,
        x: kept.activated, ldx: inner, into: g.hidden, ldd: inner)
      genki_silu_product_backward(
        g.hidden + start, g.up + start, g.hidden + start, kept.hidden + start, kept.up + start,
        span)
      backward(
        gate, place: place, range: range, worker: worker, g.hidden, ldy: inner, x: kept.normed2,
        ldx: width, into: g.normed, ldd: width)
      backward(
        up, place: place + 1, range: range, worker: worker, g.up, ldy: inner, x: kept.normed2,
        ldx: width, into: g.normed, ldd: width, accumulate: true)
    }
  }

  private func mlpParameters(_ block: LayerLayout, _ kept: LayerBuffers, tokens: Int, worker: Int) {
    let g = buffers.gradients
    let (width, inner) = (shape.hidden, shape.intermediate)
    let place = block.projections.count + 1
    switch block.mlp {
    case .plain(let expand, let contract):
      parameterGradients(
        contract, place: place + 1, layer: kept, rows: tokens, worker: worker, dy: g.stream,
        ldy: width, x: kept.activated, ldx: inner)
      parameterGradients(
        expand, place: place, layer: kept, rows: tokens, worker: worker, dy: g.hidden, ldy: inner,
        x: kept.normed2, ldx: width)
    case .gated(let gate, let up, let down):
      parameterGradients(
        down, place: place + 2, layer: kept, rows: tokens, worker: worker, dy: g.stream,
        ldy: width, x: kept.activated, ldx: inner)
      parameterGradients(
        gate, place: place, layer: kept, rows: tokens, worker: worker, dy: g.hidden, ldy: inner,
        x: kept.normed2, ldx: width)
      parameterGradients(
        up, place: place + 1, layer: kept, rows: tokens, worker: worker, dy: g.up, ldy: inner,
        x: kept.normed2, ldx: width)
    }
  }

  /// stream += the gradient of a norm's input, from the gradient of its output in `normed`.
  private func normBackward(
    _ norm: Norm, _ range: Range<Int>, x: UnsafePointer<Float>, mean: UnsafePointer<Float>,
    rstd: UnsafePointer<Float>
  ) {
    let width = shape.hidden
    let (first, start) = (range.lowerBound, range.lowerBound * width)
    let (stream, normed) = (buffers.gradients.stream, buffers.gradients.normed)
    if norm.isRMS {
      genki_rmsnorm_backward(
        stream + start, width, normed + start, width, x + start, width, weight(norm.weight),
        rstd + first, range.count, 1, width, 1)
    } else {
      genki_layernorm_backward(
        stream + start, normed + start, x + start, weight(norm.weight), mean + first, rstd + first,
        range.count, width)
    }
  }

  private func normParameters(
    _ norm: Norm, tokens: Int, x: UnsafePointer<Float>, mean: UnsafePointer<Float>,
    rstd: UnsafePointer<Float>
  ) {
    guard let gradients, model.adapter == nil else { return }
    let gamma = gradients + model.layout.parameters[norm.weight].offset
    let beta = norm.bias.map { gradients + model.layout.parameters[$0].offset }
    let width = shape.hidden
    let dy = buffers.gradients.normed
    pool.run { worker in
      let part = share(width, worker)
      if norm.isRMS {
        genki_rmsnorm_parameters(
          gamma, dy, width, x, width, rstd, tokens, 1, width, part.lowerBound, part.upperBound)
      } else {
        genki_layernorm_parameters(
          gamma, beta, dy, x, mean, rstd, tokens, width, part.lowerBound, part.upperBound)
      }
    }
  }

  private func headNormParameters(_ block: LayerLayout, _ kept: LayerBuffers, tokens: Int) {
    guard let queryNorm = block.queryNorm, let keyNorm = block.keyNorm, let gradients,
      model.adapter == nil
    else { return }
    let parameters = model.layout.parameters
    let dy = buffers.gradients.projected
    let raw = shape.queryWidth + shape.keyWidth
    pool.run { worker in
      let part = share(shape.headSize, worker)
      genki_rmsnorm_parameters(
        gradients + parameters[queryNorm.weight].offset, dy, shape.projectionWidth, kept.rawHeads,
        raw, kept.queryRstd, tokens, shape.heads, shape.headSize, part.lowerBound, part.upperBound)
      genki_rmsnorm_parameters(
        gradients + parameters[keyNorm.weight].offset, dy + shape.queryWidth,
        shape.projectionWidth, kept.rawHeads + shape.queryWidth, raw, kept.keyRstd, tokens,
        shape.keyValueHeads, shape.headSize, part.lowerBound, part.upperBound)
    }
  }

  private func headNormBackward(_ block: LayerLayout, _ kept: LayerBuffers, _ range: Range<Int>) {
    guard let queryNorm = block.queryNorm, let keyNorm = block.keyNorm else { return }
    let first = range.lowerBound
    let stride = shape.projectionWidth
    let rawStride = shape.queryWidth + shape.keyWidth
    let rows = buffers.gradients.projected + first * stride
    let raw = kept.rawHeads + first * rawStride
    genki_rmsnorm_backward(
      rows, stride, rows, stride, raw, rawStride, weight(queryNorm.weight),
      kept.queryRstd + first * shape.heads, range.count, shape.heads, shape.headSize, 0)
    genki_rmsnorm_backward(
      rows + shape.queryWidth, stride, rows + shape.queryWidth, stride, raw + shape.queryWidth,
      rawStride, weight(keyNorm.weight), kept.keyRstd + first * shape.keyValueHeads, range.count,
      shape.keyValueHeads, shape.headSize, 0)
  }

  private func embeddingGradients(_ tokens: Int) {
    guard let gradients else { return }
    let width = shape.hidden
    let parameters = model.layout.parameters
    let stream = buffers.gradients.stream
    pool.run { worker in
      let part = share(width, worker)
      genki_embed_backward(
        gradients + parameters[shape.layout.tokenEmbedding].offset, stream, buffers.ids, tokens,
        width, part.lowerBound, part.upperBound)
      if let positions = shape.layout.positionEmbedding {
        genki_embed_backward(
          gradients + parameters[positions].offset, stream, buffers.positions, tokens, width,
          part.lowerBound, part.upperBound)
      }
    }
  }
}
