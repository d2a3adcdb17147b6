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
    let norms = try measured(base, pool: pool) { chunk, values, _ in
      try base.read(chunk, into: values)
      return genki_sum_of_squares(values, chunk.range.count)
    }
    for (index, square) in norms.squares.enumerated() where !square.isFinite {
      throw FederationError.baseNotFinite(folder: base.folder, tensor: base.tensors[index].name)
    }
    return norms
  }

  /// The norms of candidate − base; a tensor with a value that is not finite has NaN.
  static func ofChange(
    _ candidate: Candidate, base: BaseModel, pool: WorkerPool
  ) throws -> ChangeNorms {
    try measured(base, pool: pool) { chunk, values, scratch in
      guard candidate.changes(tensor: chunk.tensor) else { return 0 }
      let baseValues = scratch.floats(1, count: chunk.range.count)
      if candidate.isFullModel { try base.read(chunk, into: baseValues) }
      try candidate.readChange(chunk, base: baseValues, into: values)
      let square = genki_sum_of_squares(values, chunk.range.count)
      return square.isFinite ? square : .nan
    }
  }

  private static func measured(
    _ base: BaseModel, pool: WorkerPool,
    _ body: (Chunk, UnsafeMutablePointer<Float>, ScratchBuffers) throws -> Double
  ) throws -> ChangeNorms {
    let chunks = ChunkedWork.chunks(counts: base.tensors.map(\.elementCount))
    let sums = try ChunkedWork(pool: pool).map(count: chunks.count) { index, scratch in
      try body(chunks[index], scratch.floats(0, count: chunks[index].range.count), scratch)
    }
    var squares = [Double](repeating: 0, count: base.tensors.count)
    for (chunk, sum) in zip(chunks, sums) { squares[chunk.tensor] += sum }
    return ChangeNorms(squares: squares)
  }
}
