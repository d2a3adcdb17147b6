import GenkiKernels
import GenkiTensor

// The output head and the cross-entropy. Logits are made for a few hundred words at a time and used
// while they are in the cache: the loss needs their running maximum and Σ exp only. For the gradient
// they are kept, or made again where the model is so narrow that this costs less than memory traffic.
// Rows without a target are left out.

extension ComputeSession {
  /// The loss of every position of the loaded rows, in nats; 0 where there is no target.
  func losses(rows: Int) -> [Float] {
    let count = packLossRows(rows: rows)
    pool.split(count, grain: 8) { range, worker in
      measureLosses(range, worker)
    }
    var result = [Float](repeating: 0, count: rows * shape.blockSize)
    for index in 0..<count { result[Int(buffers.lossRows[index])] = buffers.losses[index] }
    return result
  }

  /// Calls `body(position, logits)` for every position of the loaded rows, in order.
  func forEachLogits(rows: Int, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) {
    let tokens = rows * shape.blockSize
    for start in stride(from: 0, to: tokens, by: shape.shownRows) {
      let count = min(shape.shownRows, tokens - start)
      pool.split(shape.vocabulary, grain: 16) { words, worker in
        makeLogits(
          buffers.outputNormed + start * shape.hidden, count: count, words: words, worker,
          into: buffers.logits + words.lowerBound, ld: shape.vocabulary)
      }
      for row in 0..<count {
        body(
          start + row,
          UnsafeBufferPointer(
            start: buffers.logits + row * shape.vocabulary, count: shape.vocabulary))
      }
    }
  }

  /// The sum of the losses of the loaded rows; leaves the gradient of `scale` · Σ loss with respect to
  /// the final norm's output in `gradients.normed`, and adds the head's own gradient.
  func lossAndHeadGradient(rows: Int, scale: Float) -> Double {
    let count = packLossRows(rows: rows)
    for block in evenParts(0..<count, most: shape.headRows) {
      if shape.keepsLogits {
        gradientFromKeptLogits(block, scale)
      } else {
        gradientFromLogitsMadeAgain(block, scale)
      }
    }
    let width = shape.hidden
    let gradient = buffers.gradients.normed
    pool.split(rows * shape.blockSize) { range, _ in
      (gradient + range.lowerBound * width).update(repeating: 0, count: range.count * width)
    }
    pool.split(count) { range, _ in
      for index in range {
        (gradient + Int(buffers.lossRows[index]) * width).update(
          from: buffers.lossGradient + index * width, count: width)
      }
    }
    return (0..<count).reduce(0.0) { $0 + Double(buffers.losses[$1]) }
  }

  /// Packs the rows that have a target; returns how many there are.
  private func packLossRows(rows: Int) -> Int {
    var count = 0
    for row in 0..<(rows * shape.blockSize) {
      let target = buffers.targets[row]
      if target == TokenBatch.ignoredTarget { continue }
      buffers.lossRows[count] = Int32(row)
      buffers.lossTargets[count] = target
      count += 1
    }
    let width = shape.hidden
    pool.split(count) { range, _ in
      for index in range {
        (buffers.lossHidden + index * width).update(
          from: buffers.outputNormed + Int(buffers.lossRows[index]) * width, count: width)
      }
    }
    return count
  }

  /// logits[count, words] = hidden · Wᵀ for some words of the vocabulary.
  private func makeLogits(
    _ hidden: UnsafePointer<Float>, count: Int, words: Range<Int>, _ worker: Int,
    into logits: UnsafeMutablePointer<Float>, ld: Int
  ) {
    buffers.workers[worker].product.multiply(
      m: count, n: words.count, k: shape.hidden, alpha: shape.logitScale, hidden,
      lda: shape.hidden,
      weight(shape.layout.head) + words.lowerBound * shape.hidden, ldb: shape.hidden,
      transposeB: true, into: logits, ldc: ld)
  }

  /// As few parts of at most `most` rows as there can be, nearly equally long: every part costs a pass
  /// over the head's weights.
  private func evenParts(_ rows: Range<Int>, most: Int) -> [Range<Int>] {
    let parts = (rows.count + most - 1) / most
    return (0..<parts).map {
      (rows.lowerBound + rows.count * $0 / parts)..<(rows.lowerBound + rows.count * ($0 + 1) / parts)
    }
  }

  private func forEachWords(
    in words: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    for first in stride(from: words.lowerBound, to: words.upperBound, by: SessionShape.headWords) {
      body(first..<min(words.upperBound, first + SessionShape.headWords))
    }
  }

  /// The losses of some packed rows, and their log Σ exp.
  private func measureLosses(_ rows: Range<Int>, _ worker: Int) {
    for block in evenParts(rows, most: shape.scratchRows) {
      measureLosses(block, worker, logits: buffers.workers[worker].logits, ld: nil)
    }
  }

  /// The same for a block of rows. `logits` keeps the logits when it has a row length `ld`, and is
  /// scratch memory [rows, headWords] otherwise.
  private func measureLosses(
    _ rows: Range<Int>, _ worker: Int, logits: UnsafeMutablePointer<Float>, ld: Int?
  ) {
    let first = rows.lowerBound
    let hidden = buffers.lossHidden + first * shape.hidden
    genki_cross_entropy_begin(
      buffers.largestLogit + first, buffers.exponentialSum + first, rows.count)
    forEachWords(in: 0..<shape.vocabulary) { words in
      let place = ld == nil ? logits : logits + words.lowerBound
      let stride = ld ?? min(shape.vocabulary, SessionShape.headWords)
      makeLogits(hidden, count: rows.count, words: words, worker, into: place, ld: stride)
      genki_cross_entropy_add(
        buffers.largestLogit + first, buffers.exponentialSum + first, buffers.targetLogit + first,
        place, stride, words.count, words.lowerBound, buffers.lossTargets + first, rows.count)
    }
    genki_cross_entropy_end(
      buffers.losses + first, buffers.largestLogit + first, buffers.exponentialSum + first,
      buffers.targetLogit + first, rows.count)
  }

  /// Turns logits of some words into the loss's gradient and adds its part of the hidden states'.
  private func spreadGradient(
    _ rows: Range<Int>, words: Range<Int>, _ worker: Int,
    logits: UnsafeMutablePointer<Float>, ld: Int, _ scale: Float
  ) {
    genki_cross_entropy_gradient(
      logits, ld, words.count, words.lowerBound, buffers.lossTargets + rows.lowerBound,
      buffers.exponentialSum + rows.lowerBound, rows.count, scale)
    buffers.workers[worker].product.multiply(
      m: rows.count, n: shape.hidden, k: words.count, alpha: shape.logitScale, logits, lda: ld,
      weight(shape.layout.head) + words.lowerBound * shape.hidden, ldb: shape.hidden,
      accumulate: words.lowerBound > 0,
      into: buffers.lossGradient + rows.lowerBound * shape.hidden, ldc: shape.hidden)
  }

  /// The head's own gradient for some words, from the gradients of their logits in all rows of a block.
  private func headGradient(
    _ block: Range<Int>, words: Range<Int>, _ worker: Int, logits: UnsafePointer<Float>, ld: Int
  ) {
    guard model.adapter == nil, let gradients, !words.isEmpty else { return }
    let width = shape.hidden
    buffers.workers[worker].product.multiply(
      m: words.count, n: width, k: block.count, alpha: shape.logitScale, logits, lda: ld,
      transposeA: true, buffers.lossHidden + block.lowerBound * width, ldb: width, accumulate: true,
      into: gradients + model.layout.parameters[shape.layout.head].offset
        + words.lowerBound * width, ldc: width)
  }

  private func gradientFromKeptLogits(_ block: Range<Int>, _ scale: Float) {
    let ld = shape.vocabulary
    pool.split(block.count, grain: 8) { part, worker in
      let rows = (block.lowerBound + part.lowerBound)..<(block.lowerBound + part.upperBound)
      let logits = buffers.logits + part.lowerBound * ld
      measureLosses(rows, worker, logits: logits, ld: ld)
      forEachWords(in: 0..<shape.vocabulary) { words in
        spreadGradient(
          rows, words: words, worker, logits: logits + words.lowerBound, ld: ld, scale)
      }
    }
    pool.run { worker in
      let words = share(shape.vocabulary, worker)
      headGradient(
        block, words: words, worker, logits: buffers.logits + words.lowerBound, ld: ld)
    }
  }

  private func gradientFromLogitsMadeAgain(_ block: Range<Int>, _ scale: Float) {
    let ld = shape.headChunkStride
    pool.split(block.count, grain: 8) { part, worker in
      let rows = (block.lowerBound + part.lowerBound)..<(block.lowerBound + part.upperBound)
      measureLosses(rows, worker)
    }
    for first in stride(from: 0, to: shape.vocabulary, by: SessionShape.headChunk) {
      let chunk = first..<min(shape.vocabulary, first + SessionShape.headChunk)
      pool.split(block.count, grain: 8) { part, worker in
        let rows = (block.lowerBound + part.lowerBound)..<(block.lowerBound + part.upperBound)
        forEachWords(in: chunk) { words in
          let logits = buffers.logits + part.lowerBound * ld + words.lowerBound - first
          makeLogits(
            buffers.lossHidden + rows.lowerBound * shape.hidden, count: rows.count, words: words,
            worker, into: logits, ld: ld)
          spreadGradient(rows, words: words, worker, logits: logits, ld: ld, scale)
        }
      }
      pool.run { worker in
        let part = share(chunk.count, worker)
        headGradient(
          block, words: (first + part.lowerBound)..<(first + part.upperBound), worker,
          logits: buffers.logits + part.lowerBound, ld: ld)
      }
    }
  }
}
