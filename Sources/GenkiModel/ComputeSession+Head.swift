import GenkiKernels
import GenkiTensor

// The output head and the cross-entropy, fused over blocks of rows: logits of one block are all that
// exists at a time. Rows without a target are left out.

extension ComputeSession {
  /// Packs the rows that have a target; returns how many there are.
  private func packLossRows(rows: Int) -> Int {
    var count = 0
    let width = shape.hidden
    for row in 0..<(rows * shape.blockSize) {
      let target = buffers.targets[row]
      if target == TokenBatch.ignoredTarget { continue }
      buffers.lossRows[count] = Int32(row)
      buffers.lossTargets[count] = target
      (buffers.lossHidden + count * width).update(
        from: buffers.outputNormed + row * width, count: width)
      count += 1
    }
    return count
  }

  /// Calls `body(block, range, worker)` with every block of packed rows; blocks of one turn run side by
  /// side, and `afterTurn(ranges, worker)` follows on all workers.
  private func forEachHeadTurn(
    _ count: Int, _ body: (Range<Int>, Int) -> Void,
    afterTurn: ([Range<Int>], Int) -> Void = { _, _ in }
  ) {
    let most = shape.headRows
    let turns = (count + most * pool.count - 1) / (most * pool.count)
    for turn in 0..<turns {
      let start = count * turn / turns
      let end = count * (turn + 1) / turns
      let ranges = (0..<pool.count).map { worker in
        let first = start + (end - start) * worker / pool.count
        let last = start + (end - start) * (worker + 1) / pool.count
        return first..<last
      }
      pool.run { worker in
        if !ranges[worker].isEmpty { body(ranges[worker], worker) }
      }
      pool.run { afterTurn(ranges, $0) }
    }
  }

  private func headLogits(_ range: Range<Int>, _ worker: Int) -> UnsafeMutablePointer<Float> {
    let logits = buffers.workers[worker].logits
    MatrixProduct.multiply(
      m: range.count, n: shape.vocabulary, k: shape.hidden,
      buffers.lossHidden + range.lowerBound * shape.hidden, lda: shape.hidden,
      weight(shape.layout.head), ldb: shape.hidden, transposeB: true, into: logits,
      ldc: shape.vocabulary)
    return logits
  }

  /// The loss of every position of the loaded rows, in nats; 0 where there is no target.
  func losses(rows: Int) -> [Float] {
    let count = packLossRows(rows: rows)
    forEachHeadTurn(count) { range, worker in
      let logits = headLogits(range, worker)
      genki_cross_entropy_forward(
        buffers.losses + range.lowerBound, logits, shape.vocabulary, shape.vocabulary,
        buffers.lossTargets + range.lowerBound, range.count)
    }
    var result = [Float](repeating: 0, count: rows * shape.blockSize)
    for index in 0..<count { result[Int(buffers.lossRows[index])] = buffers.losses[index] }
    return result
  }

  /// Calls `body(position, logits)` for every position of the loaded rows, in order.
  func forEachLogits(rows: Int, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) {
    let tokens = rows * shape.blockSize
    let width = shape.hidden
    buffers.lossHidden.update(from: buffers.outputNormed, count: tokens * width)
    let most = shape.headRows * pool.count
    for start in stride(from: 0, to: tokens, by: most) {
      let count = min(most, tokens - start)
      let ranges = (0..<pool.count).map {
        (start + count * $0 / pool.count)..<(start + count * ($0 + 1) / pool.count)
      }
      pool.run { worker in
        if !ranges[worker].isEmpty { _ = headLogits(ranges[worker], worker) }
      }
      for (worker, range) in ranges.enumerated() {
        for position in range {
          let row = position - range.lowerBound
          body(
            position,
            UnsafeBufferPointer(
              start: buffers.workers[worker].logits + row * shape.vocabulary,
              count: shape.vocabulary))
        }
      }
    }
  }

  /// The sum of the losses of the loaded rows; leaves the gradient of `scale` · Σ loss with respect to
  /// the final norm's output in `gradients.normed`, and adds the head's own gradient.
  func lossAndHeadGradient(rows: Int, scale: Float) -> Double {
    let count = packLossRows(rows: rows)
    let width = shape.hidden
    let head = weight(shape.layout.head)
    let headGradient =
      model.adapter == nil
      ? gradients.map { $0 + model.layout.parameters[shape.layout.head].offset } : nil
    forEachHeadTurn(count) { range, worker in
      let logits = headLogits(range, worker)
      genki_cross_entropy_backward(
        buffers.losses + range.lowerBound, logits, shape.vocabulary, shape.vocabulary,
        buffers.lossTargets + range.lowerBound, range.count, scale)
      MatrixProduct.multiply(
        m: range.count, n: width, k: shape.vocabulary, logits, lda: shape.vocabulary, head,
        ldb: width, into: buffers.lossGradient + range.lowerBound * width, ldc: width)
    } afterTurn: { ranges, worker in
      guard let headGradient else { return }
      let words = share(shape.vocabulary, worker)
      for (owner, range) in ranges.enumerated() where !range.isEmpty {
        MatrixProduct.multiply(
          m: words.count, n: width, k: range.count,
          buffers.workers[owner].logits + words.lowerBound, lda: shape.vocabulary,
          transposeA: true, buffers.lossHidden + range.lowerBound * width, ldb: width, beta: 1,
          into: headGradient + words.lowerBound * width, ldc: width)
      }
    }
    let gradient = buffers.gradients.normed
    gradient.update(repeating: 0, count: rows * shape.blockSize * width)
    var sum = 0.0
    for index in 0..<count {
      (gradient + Int(buffers.lossRows[index]) * width).update(
        from: buffers.lossGradient + index * width, count: width)
      sum += Double(buffers.losses[index])
    }
    return sum
  }
}
