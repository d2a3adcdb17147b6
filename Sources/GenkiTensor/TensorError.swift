import GenkiCore

/// What can go wrong below the models.
public enum TensorError: ReportableError {
  /// The system refused this many bytes.
  case outOfMemory(bytes: Int)

  /// The kind of failure.
  public var kind: ErrorKind { .temporary }
  /// What failed.
  public var what: String { "memory for the run" }
  /// Why it failed.
  public var why: String {
    switch self {
    case .outOfMemory(let bytes):
      "the system refused \(bytes / 1_000_000) MB"
    }
  }
  /// What to do.
  public var advice: String? {
    "use a smaller --batch or --block-size, or a machine with more memory"
  }
}
