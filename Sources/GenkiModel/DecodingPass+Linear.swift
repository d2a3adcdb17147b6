import GenkiKernels
import GenkiTensor

// Products of a few rows with stored weights.

extension DecodingPass {
  /// Rows that are multiplied one by one while a tile of weights is in the cache: with more of them,
  /// widening the tile and a product of matrices is faster.
  private static let singleRows = 4
  /// Rows of such a tile.
  private static let singleTile = 64

  func product(_ worker: Int) -> MatrixProduct {
    let floats = shape.kernel.workspaceBytes / 4
    return MatrixProduct(
      kernel: shape.kernel,
      workspace: UnsafeMutableRawPointer(buffers.scratch + worker * floats))
  }

  /// y[:, part] = (or +=) linear(x)[:, part].
  func multiply(
    _ linear: PlannedLinear, _ part: Range<Int>, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool, _ worker: Int
  ) {
    guard !part.isEmpty else { return }
    let matrix = linear.matrix
    let first = part.lowerBound
    if rows == 1 {
      row(matrix, part, x, into: y, accumulate: accumulate)
    } else if rows <= Self.singleRows, !matrix.isTransposed {
      singly(matrix, part, x, into: y, stride: stride, accumulate: accumulate)
    } else if matrix.kind == .float32 {
      product(worker).multiply(
        m: rows, n: part.count, k: matrix.inputs, x, lda: matrix.inputs,
        matrix.float32(at: first * (matrix.isTransposed ? 1 : matrix.inputs)),
        ldb: matrix.isTransposed ? matrix.outputs : matrix.inputs,
        transposeB: !matrix.isTransposed, accumulate: accumulate, into: y + first, ldc: stride)
    } else {
      widened(matrix, part, x, into: y, stride: stride, accumulate: accumulate, worker)
    }
    if let bias = linear.bias { genki_add_bias(y + first, stride, bias + first, rows, part.count) }
    if let change = linear.change {
      let reduced = buffers.reduced + worker * shape.rows * shape.rank
      add(change, part, x, inputs: matrix.inputs, reduced, into: y, stride: stride, worker)
    }
  }

  /// One row: the weights at the speed of memory.
  func row(
    _ matrix: StoredMatrix, _ part: Range<Int>, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, accumulate: Bool
  ) {
    guard !part.isEmpty else { return }
    let first = part.lowerBound
    if matrix.isTransposed {
      genki_row_times_matrix(
        y + first, x, matrix.float32(at: first), matrix.outputs, part.count, matrix.inputs, 1,
        accumulate ? 1 : 0)
    } else {
      genki_row_times_stored(
        matrix.kind.kernel, y + first, x, matrix.base + first * matrix.inputs * matrix.kind.size,
        matrix.inputs, part.count, matrix.inputs, 1, accumulate ? 1 : 0)
    }
  }

  /// A few rows, one after the other while a tile of weights is in the cache.
  private func singly(
    _ matrix: StoredMatrix, _ part: Range<Int>, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool
  ) {
    for first in Swift.stride(from: part.lowerBound, to: part.upperBound, by: Self.singleTile) {
      let outputs = first..<min(first + Self.singleTile, part.upperBound)
      for index in 0..<rows {
        row(
          matrix, outputs, x + index * matrix.inputs, into: y + index * stride,
          accumulate: accumulate)
      }
    }
  }

  /// Many rows and 16-bit weights, some of which are widened at a time.
  private func widened(
    _ matrix: StoredMatrix, _ part: Range<Int>, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool, _ worker: Int
  ) {
    let tile = buffers.tiles + worker * shape.tile
    let step = shape.tileRows(inputs: matrix.inputs)
    for first in Swift.stride(from: part.lowerBound, to: part.upperBound, by: step) {
      let outputs = first..<min(first + step, part.upperBound)
      matrix.widen(outputs, into: tile)
      product(worker).multiply(
        m: rows, n: outputs.count, k: matrix.inputs, x, lda: matrix.inputs, tile,
        ldb: matrix.inputs, transposeB: true, accumulate: accumulate, into: y + first,
        ldc: stride)
    }
  }

  /// What an adapter adds to outputs: its first factor is little, so every worker multiplies all of it.
  private func add(
    _ change: PlannedLinear.Change, _ part: Range<Int>, _ x: UnsafePointer<Float>, inputs: Int,
    _ reduced: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, stride: Int,
    _ worker: Int
  ) {
    let rank = change.rank
    for index in 0..<rows {
      MatrixProduct.multiplyRow(
        n: rank, k: inputs, x + index * inputs, change.a, ldb: inputs, transposeB: true,
        into: reduced)
      MatrixProduct.multiplyRow(
        n: part.count, k: rank, alpha: change.scale, reduced, change.b + part.lowerBound * rank,
        ldb: rank, transposeB: true, accumulate: true,
        into: y + index * stride + part.lowerBound)
    }
  }
}
