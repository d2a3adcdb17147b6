import GenkiFormats
import GenkiKernels
import GenkiTensor

// Norms, embeddings and what their gradients are.

extension ComputeSession {
  /// Adds the gradient of a norm's input to `stream`, or puts it in the place of `dy`, that of its output;
  /// without a norm they are one.
  func normBackward(
    _ norm: Norm?, _ range: Range<Int>, dy: UnsafeMutablePointer<Float>,
    x: UnsafePointer<Float>, _ kept: NormBuffers, addedTo stream: UnsafeMutablePointer<Float>?
  ) {
    let width = shape.hidden
    let (first, start) = (range.lowerBound, range.lowerBound * width)
    let out = (stream ?? dy) + start
    guard let norm else {
      if stream != nil { genki_add(out, dy + start, range.count * width) }
      return
    }
    let accumulates: Int32 = stream == nil ? 0 : 1
    switch norm.kind {
    case .rms, .rmsAroundOne:
      genki_rmsnorm_backward(
        out, width, dy + start, width, x + start, width, weight(norm.weight), norm.offset,
        kept.rstd + first, range.count, 1, width, accumulates)
    case .layer:
      genki_layernorm_backward(
        out, dy + start, x + start, weight(norm.weight), kept.mean + first, kept.rstd + first,
        range.count, width, accumulates)
    }
  }

  /// Adds the gradients of a norm's own parameters, from that of its output.
  func normParameters(
    _ norm: Norm?, tokens: Int, dy: UnsafePointer<Float>, x: UnsafePointer<Float>,
    _ kept: NormBuffers
  ) {
    guard let norm, let gradients, model.adapter == nil else { return }
    let gamma = gradients + model.layout.parameters[norm.weight].offset
    let beta = norm.bias.map { gradients + model.layout.parameters[$0].offset }
    let width = shape.hidden
    pool.run { worker in
      let part = share(width, worker)
      switch norm.kind {
      case .rms, .rmsAroundOne:
        genki_rmsnorm_parameters(
          gamma, dy, width, x, width, kept.rstd, tokens, 1, width, part.lowerBound,
          part.upperBound)
      case .layer:
        genki_layernorm_parameters(
          gamma, beta, dy, x, kept.mean, kept.rstd, tokens, width, part.lowerBound,
          part.upperBound)
      }
    }
  }

  func headNormParameters(_ block: LayerLayout, _ kept: LayerBuffers, tokens: Int) {
    guard let norms = block.headNorms, let gradients, model.adapter == nil else { return }
    let parameters = model.layout.parameters
    let dy = buffers.gradients.projected
    let raw = shape.queryWidth + shape.keyWidth
    pool.run { worker in
      for (norm, start, wide, rstd) in [
        (norms.query, 0, shape.queryWidth, kept.queryRstd),
        (norms.key, shape.queryWidth, shape.keyWidth, kept.keyRstd),
      ] {
        let part = share(norm.width, worker)
        genki_rmsnorm_parameters(
          gradients + parameters[norm.weight].offset, dy + start, shape.projectionWidth,
          kept.rawHeads + start, raw, rstd, tokens, wide / norm.width, norm.width,
          part.lowerBound, part.upperBound)
      }
    }
  }

  func headNormBackward(_ block: LayerLayout, _ kept: LayerBuffers, _ range: Range<Int>) {
    guard let norms = block.headNorms else { return }
    let first = range.lowerBound
    let stride = shape.projectionWidth
    let rawStride = shape.queryWidth + shape.keyWidth
    for (norm, start, wide, rstd) in [
      (norms.query, 0, shape.queryWidth, kept.queryRstd),
      (norms.key, shape.queryWidth, shape.keyWidth, kept.keyRstd),
    ] {
      let rows = buffers.gradients.projected + first * stride + start
      let groups = wide / norm.width
      genki_rmsnorm_backward(
        rows, stride, rows, stride, kept.rawHeads + first * rawStride + start, rawStride,
        weight(norm.weight), norm.offset, rstd + first * groups, range.count, groups, norm.width, 0)
    }
  }

  func embeddingGradients(_ tokens: Int) {
    guard let gradients else { return }
    let width = shape.hidden
    let parameters = model.layout.parameters
    let stream = buffers.gradients.stream
    // No id is −1.
    let frozen = Int32(model.configuration.frozenInputID ?? -1)
    pool.run { worker in
      let part = share(width, worker)
      genki_embed_backward(
        gradients + parameters[shape.layout.tokenEmbedding].offset, stream, shape.embeddingScale,
        buffers.ids, frozen, tokens, width, part.lowerBound, part.upperBound)
      if let positions = shape.layout.positionEmbedding {
        genki_embed_backward(
          gradients + parameters[positions].offset, stream, 1, buffers.positions, -1, tokens,
          width, part.lowerBound, part.upperBound)
      }
    }
  }
}
