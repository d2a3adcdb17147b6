import GenkiCore

/// An adapter's weights and its configuration do not fit together.
public enum AdapterError: ReportableError, Equatable {
  /// A tensor's name is not of the form base_model.model.….lora_A.weight.
  case unknownTensor(folder: String, name: String)
  /// A module has an adapter but is not among the configuration's targets.
  case notATarget(folder: String, module: String)
  /// One half of a pair is missing.
  case missingHalf(folder: String, name: String)
  /// A tensor has not the shape that the rank asks for.
  case wrongShape(folder: String, name: String, shape: [Int], expected: String)
  /// There is no tensor at all.
  case empty(folder: String)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .unknownTensor(let folder, _), .notATarget(let folder, _), .missingHalf(let folder, _),
      .wrongShape(let folder, _, _, _), .empty(let folder):
      "cannot use the adapter in \(folder)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .unknownTensor(_, let name):
      "tensor \(name.quoted()) is no LoRA weight (base_model.model.….lora_A.weight or lora_B)"
    case .notATarget(_, let module): "module \(module.quoted()) is not among target_modules"
    case .missingHalf(_, let name): "tensor \(name.quoted()) is missing"
    case .wrongShape(_, let name, let shape, let expected):
      "tensor \(name.quoted()) has shape \(shape), \(expected) was expected"
    case .empty: "it holds no tensors"
    }
  }

  /// What to do about it.
  public var advice: String? {
    "the adapter must be plain LoRA saved by PEFT, with its own adapter_config.json"
  }
}
