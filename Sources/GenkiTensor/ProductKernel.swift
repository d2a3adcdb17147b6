import GenkiKernels

/// What computes matrix products on this processor.
public enum ProductKernel: String, Sendable, Equatable, CaseIterable {
  /// OpenBLAS in float32, on every processor.
  case openBLAS = "openblas"
  /// Our own kernel for 512-bit vectors, in float32.
  case wideFloat32 = "float32"
  /// Our own kernel on bfloat16 operands with sums in float32 (AVX512_BF16).
  case wideBFloat16 = "bf16"

  /// Whether this processor can run it.
  public var isAvailable: Bool {
    switch self {
    case .openBLAS: true
    case .wideFloat32: genki_product_available(genki_product_float32) != 0
    case .wideBFloat16: genki_product_available(genki_product_bfloat16) != 0
    }
  }

  /// The fastest one that computes in float32 throughout.
  public static let float32: ProductKernel =
    wideFloat32.isAvailable ? .wideFloat32 : .openBLAS

  /// The bytes of scratch memory that each worker needs.
  public var workspaceBytes: Int {
    self == .openBLAS ? 0 : genki_product_workspace_bytes()
  }
}

/// In what precision the products of linear maps and of the head are computed; everything else, attention
/// and loss among it, is float32 always.
public enum ComputePrecision: String, Sendable, Equatable, CaseIterable {
  /// Operands and sums in float32.
  case float32
  /// Operands rounded to bfloat16, exact products, sums in float32.
  case bf16
  /// bf16 where the processor has instructions for it, float32 elsewhere.
  case auto

  /// The kernel for this precision.
  ///
  /// - Throws: `TensorError.noBFloat16` for `bf16` on a processor without it.
  public func kernel() throws -> ProductKernel {
    let narrow = ProductKernel.wideBFloat16
    switch self {
    case .float32: return .float32
    case .auto: return narrow.isAvailable ? narrow : .float32
    case .bf16:
      guard narrow.isAvailable else { throw TensorError.noBFloat16 }
      return narrow
    }
  }
}
