import GenkiKernels

/// A linear map of a plan: its matrix, its bias and what an adapter adds.
struct PlannedLinear: BitwiseCopyable {
  /// scale · x Aᵀ Bᵀ with A[rank, inputs] and B[outputs, rank].
  struct Change: BitwiseCopyable {
    let a: UnsafePointer<Float>
    let b: UnsafePointer<Float>
    let rank: Int
    let scale: Float
  }

  let matrix: StoredMatrix
  let bias: UnsafePointer<Float>?
  let change: Change?

  /// The map to some of its outputs.
  func slice(_ outputs: Range<Int>) -> PlannedLinear {
    PlannedLinear(
      matrix: matrix.slice(outputs), bias: bias.map { $0 + outputs.lowerBound },
      change: change.map {
        Change(a: $0.a, b: $0.b + outputs.lowerBound * $0.rank, rank: $0.rank, scale: $0.scale)
      })
  }
}

/// LayerNorm with a bias, RMSNorm without.
struct PlannedNorm: BitwiseCopyable {
  let weight: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  /// What is added to an RMSNorm's weights.
  let offset: Float
  let width: Int
}

/// A transformer block as the workers go through it. A missing norm is the identity.
struct PlannedLayer: BitwiseCopyable {
  let attentionNorm: PlannedNorm?
  /// One fused projection or q, k and v.
  let query: PlannedLinear
  let key: PlannedLinear?
  let value: PlannedLinear?
  let places: ProjectionPlaces
  let queryNorm: PlannedNorm?
  let keyNorm: PlannedNorm?
  let output: PlannedLinear
  let attentionOutputNorm: PlannedNorm?
  let mlpNorm: PlannedNorm?
  /// The MLP's first products: expand, or gate and up.
  let expand: PlannedLinear
  let up: PlannedLinear?
  let contract: PlannedLinear
  let mlpOutputNorm: PlannedNorm?
  /// What scores are multiplied by.
  let scale: Float
  /// How many positions back a query sees.
  let reach: Int
}
