import GenkiFormats
import GenkiKernels

/// The types in which weights are kept for decoding.
enum StoredKind: Sendable, Equatable {
  case float32
  case bfloat16
  case float16

  /// How a tensor of this type is kept; those that the kernels do not read are kept in float32.
  init(_ type: TensorType) {
    switch type {
    case .BF16: self = .bfloat16
    case .F16: self = .float16
    default: self = .float32
    }
  }

  /// The bytes of an element.
  var size: Int { self == .float32 ? 4 : 2 }

  var kernel: genki_stored_kind {
    switch self {
    case .float32: genki_stored_float32
    case .bfloat16: genki_stored_bfloat16
    case .float16: genki_stored_float16
    }
  }
}

/// A matrix [outputs, inputs] in the type of its file. Holds no reference that counting would have
/// several threads write to.
struct StoredMatrix: BitwiseCopyable {
  let base: UnsafeRawPointer
  let kind: StoredKind
  let outputs: Int
  let inputs: Int
  /// Stored [inputs, outputs], which only float32 may be.
  var isTransposed = false

  /// Some of its rows as float32, exactly.
  func widen(_ rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    let count = rows.count * inputs
    let source = base + rows.lowerBound * inputs * kind.size
    switch kind {
    case .bfloat16: genki_bfloat16_to_float32(out, source, count)
    case .float16: genki_float16_to_float32(out, source, count)
    case .float32:
      UnsafeMutableRawPointer(out).copyMemory(from: source, byteCount: 4 * count)
    }
  }

  /// A float32 matrix's element.
  func float32(at index: Int) -> UnsafePointer<Float> {
    base.assumingMemoryBound(to: Float.self) + index
  }
}

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
}

/// LayerNorm with a bias, RMSNorm without.
struct PlannedNorm: BitwiseCopyable {
  let weight: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
}

/// A transformer block as the workers go through it.
struct PlannedLayer: BitwiseCopyable {
  let norm1: PlannedNorm
  /// One fused projection or q, k and v.
  let query: PlannedLinear
  let key: PlannedLinear?
  let value: PlannedLinear?
  let queryNorm: UnsafePointer<Float>?
  let keyNorm: UnsafePointer<Float>?
  let output: PlannedLinear
  let norm2: PlannedNorm
  /// The MLP's first products: expand, or gate and up.
  let expand: PlannedLinear
  let up: PlannedLinear?
  let contract: PlannedLinear
  /// What scores are multiplied by.
  let scale: Float
  /// How many positions back a query sees.
  let reach: Int
}
