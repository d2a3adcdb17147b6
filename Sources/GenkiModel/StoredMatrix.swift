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

  /// Some of its rows, where they lie; not of a transposed one.
  func slice(_ rows: Range<Int>) -> StoredMatrix {
    precondition(!isTransposed, "rows of a transposed matrix do not lie together")
    return StoredMatrix(
      base: base + rows.lowerBound * inputs * kind.size, kind: kind, outputs: rows.count,
      inputs: inputs)
  }

  /// A float32 matrix's element.
  func float32(at index: Int) -> UnsafePointer<Float> {
    base.assumingMemoryBound(to: Float.self) + index
  }
}
