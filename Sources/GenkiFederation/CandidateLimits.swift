import GenkiFormats

/// The bounds of the validity gates; they come from the round's manifest.
public struct CandidateLimits: Sendable, Equatable {
  /// ‖δ‖/‖θ‖ may not exceed this.
  public var changeRatio: Double
  /// ‖δ_m‖ of a matrix may not exceed this times max(‖θ_m‖, the base's median matrix norm). Matrices of
  /// a young base are small, and an honest finetune can change one by more than half of it.
  public var matrixChangeRatio: Double
  /// The largest rank of an adapter.
  public var rank: Int
  /// Tensors in one file.
  public var tensors: Int
  /// Bytes of a file's header.
  public var headerBytes: Int
  /// In which types a full model may be stored.
  public var types: AdmissibleTypes

  /// The bounds as the reader of safetensors files takes them.
  var files: SafetensorsLimits {
    var limits = SafetensorsLimits.strict
    limits.headerBytes = headerBytes
    limits.tensors = tensors
    return limits
  }

  /// For looking at models without judging them: any size of change, any storage type.
  public static let unbounded = CandidateLimits(
    changeRatio: .infinity, matrixChangeRatio: .infinity, types: .all)

  /// The defaults are those of a round whose manifest says nothing else.
  public init(
    changeRatio: Double = 0.5, matrixChangeRatio: Double = 1, rank: Int = 256,
    tensors: Int = 10_000, headerBytes: Int = 1 << 20, types: AdmissibleTypes = .ofBaseOrWider
  ) {
    self.changeRatio = changeRatio
    self.matrixChangeRatio = matrixChangeRatio
    self.rank = rank
    self.tensors = tensors
    self.headerBytes = headerBytes
    self.types = types
  }
}
