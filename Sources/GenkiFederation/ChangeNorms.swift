import GenkiKernels
import GenkiTensor

/// Squared norms of a model or of a change, by tensor of the base, in float64.
public struct ChangeNorms: Sendable, Equatable {
  /// ‖·‖² of each tensor: chunk sums of 64 Ki elements, added in order.
  public let squares: [Double]

  /// A record of known squares.
  public init(squares: [Double]) { self.squares = squares }

  /// ‖·‖ over all tensors.
  public var norm: Double { squares.reduce(0, +).squareRoot() }

  /// ‖·‖ of one tensor.
  public func norm(of tensor: Int) -> Double { squares[tensor].squareRoot() }

  /// The norms of the base itself.
  ///
  /// Throws where the base is not finite.
  public static func ofBase(_ base: BaseModel, pool: WorkerPool) throws -> ChangeNorms {
    let chunks = ChunkedWork.chunks(counts: base.tensors.map(\.elementCount))
    let sums = try ChunkedWork(pool: pool).map(count: chunks.count) { index, scratch in
      let count = chunks[index].range.count
      let values = try base.floats(chunks[index], or: scratch.floats(0, count: count))
      return genki_sum_of_squares(values, count)
    }
    var squares = [Double](repeating: 0, count: base.tensors.count)
    for (chunk, sum) in zip(chunks, sums) { squares[chunk.tensor] += sum }
    let norms = ChangeNorms(squares: squares)
    for (index, square) in norms.squares.enumerated() where !square.isFinite {
      throw FederationError.baseNotFinite(folder: base.folder, tensor: base.tensors[index].name)
    }
    return norms
  }
}
