import GenkiCore
import GenkiFormats

/// Why a candidate gets no score: which gate refused it, and the first difference found.
public enum Rejection: Error, Sendable, Equatable {
  /// The folder or one of its files cannot be read as a model.
  case unreadable(reason: String)
  /// A tensor of the base is absent.
  case missingTensor(name: String)
  /// A tensor that the base does not have.
  case unexpectedTensor(name: String)
  /// A tensor has another shape than the base's.
  case wrongShape(tensor: String, expected: [Int], found: [Int])
  /// A tensor is stored in a type that is not admissible over the base's; `expected` lists those that are.
  case wrongType(tensor: String, expected: String, found: String)
  /// The adapter does not fit the base.
  case unsuitableAdapter(reason: String)
  /// An element is NaN or infinite.
  case nonFinite(tensor: String)
  /// The change of the whole model is too large beside the model.
  case changeTooLarge(ratio: Double, limit: Double)
  /// The change of one matrix is too large.
  case matrixChangeTooLarge(tensor: String, norm: Double, limit: Double)
  /// Weights or behaviour equal the base's.
  case unchanged
  /// An earlier candidate has the same content hash.
  case duplicate(of: String)
  /// Evaluation gave NaN or infinity.
  case nonFiniteLoss(dataset: String)

  /// The number of the gate in the list of validity gates; evaluation comes after the last.
  public var gate: Int {
    switch self {
    case .unreadable, .missingTensor, .unexpectedTensor, .wrongShape, .wrongType,
      .unsuitableAdapter:
      6
    case .nonFinite: 7
    case .changeTooLarge, .matrixChangeTooLarge: 8
    case .unchanged: 9
    case .duplicate: 10
    case .nonFiniteLoss: 11
    }
  }

  /// A stable name for machine output.
  public var code: String {
    switch self {
    case .unreadable: "unreadable"
    case .missingTensor: "missing_tensor"
    case .unexpectedTensor: "unexpected_tensor"
    case .wrongShape: "wrong_shape"
    case .wrongType: "wrong_type"
    case .unsuitableAdapter: "unsuitable_adapter"
    case .nonFinite: "non_finite"
    case .changeTooLarge: "change_too_large"
    case .matrixChangeTooLarge: "matrix_change_too_large"
    case .unchanged: "unchanged"
    case .duplicate: "duplicate"
    case .nonFiniteLoss: "non_finite_loss"
    }
  }
}

extension Rejection: CustomStringConvertible {
  /// The reason in words.
  public var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read as a model: \(reason)"
    case .missingTensor(let name): "tensor \(name) is missing"
    case .unexpectedTensor(let name): "tensor \(name.quoted()) is not in the base"
    case .wrongShape(let tensor, let expected, let found):
      "tensor \(tensor) has shape \(found), the base has \(expected)"
    case .wrongType(let tensor, let expected, let found):
      "tensor \(tensor) is stored as \(found), over this base it must be \(expected): write the model "
        + "anew, with finetune --dtype \(Self.storage(expected, found: found))"
    case .unsuitableAdapter(let reason): "the adapter does not fit the base: \(reason)"
    case .nonFinite(let tensor): "non-finite tensor \(tensor)"
    case .changeTooLarge(let ratio, let limit):
      "the change is \(ratio.shortText) of the base's norm, the limit is \(limit.shortText)"
    case .matrixChangeTooLarge(let tensor, let norm, let limit):
      "the change of \(tensor) has norm \(norm.shortText), the limit is \(limit.shortText)"
    case .unchanged: "unchanged: it is the base"
    case .duplicate(let other): "same content as \(other), which came earlier"
    case .nonFiniteLoss(let dataset): "the loss on \(dataset) is not a number"
    }
  }
}

extension Rejection {
  /// The storage that loses nothing among admissible types; why, where a narrower one was found.
  private static func storage(_ admissible: String, found: String) -> String {
    guard admissible.contains(TensorType.F32.rawValue) else { return "base" }
    let isNarrow = admissible == TensorType.F32.rawValue && found != TensorType.F64.rawValue
    return isNarrow
      ? "float32 (a rounded model has a part in common with every other, and looks like a copy)"
      : "float32"
  }
}

extension Double {
  /// Four significant digits, for sentences.
  var shortText: String {
    guard isFinite, self != 0 else { return "\(self)" }
    let magnitude = abs(self)
    guard magnitude >= 1e-4, magnitude < 1e9 else { return "\(self)" }
    var scale = 1.0
    while magnitude * scale < 1000 { scale *= 10 }
    return "\((self * scale).rounded() / scale)"
  }
}
