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
    rotations: UnsafeBufferPointer<RotaryTable?>, worker: Int, meet barrier: WorkerBarrier
  ) {
    if worker == 0 { embed(ends) }
    barrier.meet()
    for (index, layer) in layers.enumerated() {
      project(layer, worker)
      barrier.meet()
      if normTogether(layer, worker) { barrier.meet() }
      for unit in share(of: shape.heads + 2 * shape.keyValueHeads, worker) {
        turnAndKeep(layer, index, unit: unit, rotations[index])
      }
      barrier.meet()
      for head in share(of: shape.heads, worker) { attend(layer, index, head: head, worker) }
      // Beside attention the MLP sees what came in, before anything is added to it.
      if shape.isParallel { expand(layer, worker) }
      barrier.meet()
      addBranch(
        layer.output, buffers.attended, norm: layer.attentionOutputNorm, worker, meet: barrier)
      if !shape.isParallel {
        barrier.meet()
        expand(layer, worker)
        barrier.meet()
      }
      addBranch(layer.contract, buffers.hidden, norm: layer.mlpOutputNorm, worker, meet: barrier)
      barrier.meet()
    }
    guard let head = ends.head else { return }
    let last = normalize(ends.norm, first: rows - 1, worker)
    let part = share(of: shape.vocabulary, grain: Self.grain, worker)
    row(head, part, last, into: buffers.logits, accumulate: false)
    if shape.logitScale != 1 {
      let logits = buffers.logits + part.lowerBound
      genki_scale(logits, logits, shape.logitScale, part.count)
    }
  }

  /// stream += residual scale · norm(linear(x)), a worker's part of it.
  private func addBranch(
    _ linear: PlannedLinear, _ x: UnsafePointer<Float>, norm: PlannedNorm?, _ worker: Int,
    meet barrier: WorkerBarrier
  ) {
    let width = shape.hidden
    let part = share(of: width, grain: Self.grain, worker)
    guard shape.changesBranches else {
      multiply(linear, part, x, into: buffers.stream, stride: width, accumulate: true, worker)
      return
    }
    // Nobody met since the other branch of a parallel block was added.
    if shape.isParallel { barrier.meet() }
    multiply(linear, part, x, into: buffers.branch, stride: width, accumulate: false, worker)
    barrier.meet()
    for row in share(of: rows, worker) {
      let branch = buffers.branch + row * width
      if let norm { apply(norm, branch, into: branch, rows: 1) }
      let stream = buffers.stream + row * width
      genki_join(branch, stream, shape.residualScale, width)
      stream.update(from: branch, count: width)
    }
  }

  func share(of items: Int, grain: Int = 1, _ worker: Int) -> Range<Int> {
    WorkerPool.share(of: items, grain: grain, worker: worker, count: shape.workers)
  }

  private func embed(_ ends: Ends) {
    for row in 0..<rows {
      let out = buffers.stream + row * shape.hidden
      let token = Int(buffers.ids[row])
      ends.tokens.widen(token..<token + 1, into: out)
      if shape.embeddingScale != 1 { genki_scale(out, out, shape.embeddingScale, shape.hidden) }
      guard let positions = ends.positions else { continue }
      // The first buffer of this worker that is free.
      positions.widen(length + row..<length + row + 1, into: buffers.normed)
      genki_add(out, buffers.normed, shape.hidden)
    }
  }

  private func apply(
    _ norm: PlannedNorm, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, rows: Int
  ) {
    let width = shape.hidden
    if let bias = norm.bias {
      genki_layernorm_forward(out, nil, nil, x, norm.weight, bias, rows, width, shape.epsilon)
    } else {
      genki_rmsnorm_forward(
        out, width, nil, x, width, norm.weight, norm.offset, rows, 1, width, shape.epsilon)
    }
  }

  /// The rows from `first` on, normed, in the worker's own memory; where they are without a norm.
  private func normalize(
    _ norm: PlannedNorm?, first: Int = 0, _ worker: Int
  ) -> UnsafePointer<Float> {
    let width = shape.hidden
    let x = UnsafePointer(buffers.stream + first * width)
    guard let norm else { return x }
    let out = buffers.normed + worker * shape.rows * width
    apply(norm, x, into: out, rows: rows - first)
    return UnsafePointer(out)
  }

  /// A worker's part of the projections, whose matrices are one after the other here.
  private func project(_ layer: PlannedLayer, _ worker: Int) {
    let x = normalize(layer.attentionNorm, worker)
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
    let x = normalize(layer.mlpNorm, worker)
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
        genki_gated_forward(shape.activation, out, out, buffers.up + place, part.count)
      } else {
        genki_activation_forward(shape.activation, out, out, part.count)
      }
    }
  }
}
