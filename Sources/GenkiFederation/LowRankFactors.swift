import GenkiCore
import GenkiFormats
import GenkiKernels

/// The two factors of an adapter's change to one matrix, laid out as the base stores the matrix.
///
/// The change is left[rows, rank] · right[rank, columns], k ascending. For a matrix stored
/// [outputs, inputs] left is s·B and right is A; for Conv1D, stored [inputs, outputs], left is
/// s·Aᵀ and right is Bᵀ.
final class LowRankFactors: Sendable {
  let rank: Int
  let columns: Int
  private let left: [Float]
  private let right: [Float]

  /// Factors of the PEFT layout: `a` is [rank, inputs], `b` is [outputs, rank].
  init(
    a: [Float], b: [Float], rank: Int, inputs: Int, outputs: Int, scale: Float, isTransposed: Bool
  ) {
    precondition(a.count == rank * inputs && b.count == outputs * rank, "factors fit their shapes")
    self.rank = rank
    if isTransposed {
      columns = outputs
      left = Self.transposed(a, rows: rank, columns: inputs).map { scale * $0 }
      right = Self.transposed(b, rows: outputs, columns: rank)
    } else {
      columns = inputs
      left = b.map { scale * $0 }
      right = a
    }
  }

  /// Both factors, the scale in the left one: what the change follows from.
  var parts: [[Float]] { [left, right] }

  /// The change of the matrix's elements `range`, row-major.
  func readChange(range: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return }
        genki_low_rank_product(
          out, leftStart, rightStart, rank, columns, range.lowerBound, range.count)
      }
    }
  }

  private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<rows {
      for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
    }
    return result
  }
}
