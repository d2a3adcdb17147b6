import GenkiFormats

/// In which types the weights of a full finetune may be stored.
public enum AdmissibleTypes: Sendable, Equatable {
  /// The base's own alone, in rounds whose rules do not name the type of the Dama.
  case ofBase
  /// The base's own, or float32 over a base of 16 bits. A file that is narrower than its base would give
  /// all changes a common part, the rounding of the base, and make honest miners look like copies.
  case ofBaseOrWider
  /// Every type of weights, for looking at models without judging them.
  case all

  /// Whether a tensor stored as `type` may stand over a tensor of the base stored as `base`.
  func admits(_ type: TensorType, over base: TensorType) -> Bool {
    switch self {
    case .ofBase: type == base
    case .ofBaseOrWider: type.isAdmissible(over: base)
    case .all: type.isWeightType || type == base
    }
  }

  /// The admissible types over a tensor of the base, for sentences.
  func names(over base: TensorType) -> String {
    TensorType.allCases.filter { admits($0, over: base) }.map(\.rawValue).joined(separator: " or ")
  }
}
