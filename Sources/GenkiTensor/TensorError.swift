import GenkiCore

/// What can go wrong below the models.
public enum TensorError: ReportableError, Equatable {
  /// The system refused this many bytes.
  case outOfMemory(bytes: Int)
  /// bfloat16 products were asked for on a processor that has no instructions for them.
  case noBFloat16

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .outOfMemory: .temporary
    case .noBFloat16: .usage
    }
  }
  /// What failed.
  public var what: String {
    switch self {
    case .outOfMemory: "memory for the run"
    case .noBFloat16: "compute bf16"
    }
  }
  /// Why it failed.
  public var why: String {
    switch self {
    case .outOfMemory(let bytes): "the system refused \(bytes / 1_000_000) MB"
    case .noBFloat16: "this processor has no AVX512_BF16 instructions"
    }
  }
  /// What to do.
  public var advice: String? {
    switch self {
    case .outOfMemory:
      "use a smaller --batch or --block-size, or a machine with more memory"
    case .noBFloat16:
      "use auto, which falls back to float32, or float32"
    }
  }
}
