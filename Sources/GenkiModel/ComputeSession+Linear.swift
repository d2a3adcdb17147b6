import GenkiKernels
import GenkiTensor

// Linear maps with their adapters: y = x Wᵀ + b + s · drop(x) Aᵀ Bᵀ, and the gradients of x, W, b, A, B.

extension ComputeSession {
  /// y[rows] = (or +=) linear(x[rows]) for rows `range`; `place` is the map's number in its block.
  func forward(
    _ linear: Linear, place: Int, layer: LayerBuffers, range: Range<Int>, worker: Int,
    _ x: UnsafePointer<Float>, ldx: Int, into y: UnsafeMutablePointer<Float>, ldy: Int,
    accumulate: Bool = false
  ) {
    let product = buffers.workers[worker].product
    let rows = range.count
    let input = x + range.lowerBound * ldx
    let output = y + range.lowerBound * ldy
    let matrix = weight(linear.weight)
    product.multiply(
      m: rows, n: linear.outputs, k: linear.inputs, input, lda: ldx, matrix,
      ldb: linear.isTransposed ? linear.outputs : linear.inputs, transposeB: !linear.isTransposed,
      accumulate: accumulate, into: output, ldc: ldy)
    if let bias = weight(linear.bias) {
      genki_add_bias(output, ldy, bias, rows, linear.outputs)
    }
    guard let (module, adapter) = adapterModule(linear) else { return }
    let reduced = layer.reduced[place] + range.lowerBound * module.rank
    forEachDroppedBlock(linear, module, range: range, x: x, ldx: ldx, worker: worker) {
      offset, count, dropped, ld in
      product.multiply(
        m: count, n: module.rank, k: linear.inputs, dropped, lda: ld,
        adapter + module.aOffset, ldb: linear.inputs, transposeB: true,
        into: reduced + offset * module.rank, ldc: module.rank)
    }
    product.multiply(
      m: rows, n: linear.outputs, k: module.rank, alpha: module.scale, reduced, lda: module.rank,
      adapter + module.bOffset, ldb: module.rank, transposeB: true, accumulate: true, into: output,
      ldc: ldy)
  }

  /// dx[rows] = (or +=) the gradient of the input, from dy[rows]; keeps dy B for `parameterGradients`.
  func backward(
    _ linear: Linear, place: Int, range: Range<Int>, worker: Int,
    _ dy: UnsafePointer<Float>, ldy: Int, x: UnsafePointer<Float>, ldx: Int,
    into dx: UnsafeMutablePointer<Float>, ldd: Int, accumulate: Bool = false
  ) {
    let product = buffers.workers[worker].product
    let rows = range.count
    let gradient = dy + range.lowerBound * ldy
    let output = dx + range.lowerBound * ldd
    product.multiply(
      m: rows, n: linear.inputs, k: linear.outputs, gradient, lda: ldy, weight(linear.weight),
      ldb: linear.isTransposed ? linear.outputs : linear.inputs, transposeB: linear.isTransposed,
      accumulate: accumulate, into: output, ldc: ldd)
    guard let (module, adapter) = adapterModule(linear) else { return }
    let reduced = buffers.gradients.reduced[place] + range.lowerBound * module.rank
    product.multiply(
      m: rows, n: module.rank, k: linear.outputs, alpha: module.scale, gradient, lda: ldy,
      adapter + module.bOffset, ldb: module.rank, into: reduced, ldc: module.rank)
    guard let key = maskKey(linear) else {
      product.multiply(
        m: rows, n: linear.inputs, k: module.rank, reduced, lda: module.rank,
        adapter + module.aOffset, ldb: linear.inputs, accumulate: true, into: output, ldc: ldd)
      return
    }
    precondition(ldx == linear.inputs, "adapted inputs are contiguous rows")
    let scratch = buffers.workers[worker].adapterInput
    let probability = Float(model.adapter?.configuration.dropout ?? 0)
    for first in stride(from: 0, to: rows, by: ComputeSession.dropoutRows) {
      let count = min(ComputeSession.dropoutRows, rows - first)
      let row = range.lowerBound + first
      product.multiply(
        m: count, n: linear.inputs, k: module.rank, reduced + first * module.rank,
        lda: module.rank, adapter + module.aOffset, ldb: linear.inputs, into: scratch,
        ldc: linear.inputs)
      for index in 0..<count {
        genki_dropout(
          output + (first + index) * ldd, scratch + index * linear.inputs, 1, linear.inputs,
          row + index, key, probability, 1)
      }
      genki_dropout(
        buffers.gradients.dropped[place] + row * linear.inputs, x + row * ldx, count,
        linear.inputs, row, key, probability, 0)
    }
  }

  /// Adds the gradients of W, b, A and B over all `rows`; each worker does its part of the columns.
  func parameterGradients(
    _ linear: Linear, place: Int, layer: LayerBuffers, rows: Int, worker: Int,
    dy: UnsafePointer<Float>, ldy: Int, x: UnsafePointer<Float>, ldx: Int
  ) {
    guard let gradients else { return }
    let product = buffers.workers[worker].product
    if model.adapter == nil {
      let matrix = gradients + model.layout.parameters[linear.weight].offset
      let (m, n) =
        linear.isTransposed
        ? (linear.inputs, linear.outputs) : (linear.outputs, linear.inputs)
      let (left, ldl, right, ldr) = linear.isTransposed ? (x, ldx, dy, ldy) : (dy, ldy, x, ldx)
      let part = share(m, worker)
      product.multiply(
        m: part.count, n: n, k: rows, left + part.lowerBound, lda: ldl, transposeA: true, right,
        ldb: ldr, accumulate: true, into: matrix + part.lowerBound * n, ldc: n)
      if let bias = linear.bias {
        let columns = share(linear.outputs, worker)
        genki_column_sums(
          gradients + model.layout.parameters[bias].offset, dy, ldy, rows, columns.lowerBound,
          columns.upperBound)
      }
      return
    }
    guard let (module, _) = adapterModule(linear) else { return }
    let outputs = share(linear.outputs, worker)
    product.multiply(
      m: outputs.count, n: module.rank, k: rows, alpha: module.scale, dy + outputs.lowerBound,
      lda: ldy, transposeA: true, layer.reduced[place], ldb: module.rank, accumulate: true,
      into: gradients + module.bOffset + outputs.lowerBound * module.rank, ldc: module.rank)
    let inputs = share(linear.inputs, worker)
    let isDropped = dropoutKey != nil
    let seen = isDropped ? UnsafePointer(buffers.gradients.dropped[place]) : x
    product.multiply(
      m: module.rank, n: inputs.count, k: rows, buffers.gradients.reduced[place],
      lda: module.rank, transposeA: true, seen + inputs.lowerBound,
      ldb: isDropped ? linear.inputs : ldx, accumulate: true,
      into: gradients + module.aOffset + inputs.lowerBound, ldc: linear.inputs)
  }

  /// The part of `columns` that a worker sums, a multiple of 16 long.
  func share(_ columns: Int, _ worker: Int) -> Range<Int> {
    let units = (columns + 15) / 16
    let first = units * worker / pool.count * 16
    let last = min(columns, units * (worker + 1) / pool.count * 16)
    return min(first, last)..<last
  }

  private func adapterModule(_ linear: Linear) -> (AdapterModule, UnsafeMutablePointer<Float>)? {
    guard let adapter = model.adapter, let index = adapter.moduleOfLinear[linear.id],
      let base = adapter.weights.baseAddress
    else { return nil }
    return (adapter.modules[index], base)
  }

  private func maskKey(_ linear: Linear) -> UInt64? {
    dropoutKey.map { $0 &+ UInt64(linear.id) &* 0xD1B5_4A32_D192_ED03 }
  }

  /// Calls `body(offset, count, rows, ld)` over the input's rows, dropped out block by block where
  /// dropout is on and whole where it is off.
  private func forEachDroppedBlock(
    _ linear: Linear, _ module: AdapterModule, range: Range<Int>, x: UnsafePointer<Float>,
    ldx: Int, worker: Int, _ body: (Int, Int, UnsafePointer<Float>, Int) -> Void
  ) {
    guard let key = maskKey(linear) else {
      body(0, range.count, x + range.lowerBound * ldx, ldx)
      return
    }
    precondition(ldx == linear.inputs, "adapted inputs are contiguous rows")
    let scratch = buffers.workers[worker].adapterInput
    let probability = Float(model.adapter?.configuration.dropout ?? 0)
    for first in stride(from: 0, to: range.count, by: ComputeSession.dropoutRows) {
      let count = min(ComputeSession.dropoutRows, range.count - first)
      let row = range.lowerBound + first
      genki_dropout(scratch, x + row * ldx, count, linear.inputs, row, key, probability, 0)
      body(first, count, scratch, linear.inputs)
    }
  }
}
