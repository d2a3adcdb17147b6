import GenkiCore

/// An adapter's weights and its configuration do not fit together, or are more than plain LoRA.
public enum AdapterError: ReportableError, Equatable {
  /// What adapters may hold beside the low-rank changes of linear modules, and is not read.
  public enum Foreign: String, Sendable {
    /// Embeddings, whole or changed.
    case embeddings = "adapters with embeddings are not read"
    /// The output head, whole or changed.
    case head = "adapters with a head (lm_head) are not read"
    /// DoRA's lengths of columns.
    case magnitudes = "adapters by DoRA are not read"
    /// Biases, of the modules or of B.
    case biases = "adapters with biases are not read"
    /// Tensors under a name that PEFT uses in memory only.
    case named = "its name holds that of an adapter, as PEFT neither writes nor reads it"
    /// Other modules, as modules_to_save has them.
    case wholeModule = "adapters with whole modules (modules_to_save) are not read"
  }

  /// A tensor's name is not of the form base_model.model.….lora_A.weight.
  case unknownTensor(folder: String, name: String)
  /// A tensor is of a kind of adapter that is not read.
  case foreignTensor(folder: String, name: String, Foreign)
  /// A module has tensors, and the configuration gives it no adapter.
  case notATarget(folder: String, module: String, reason: String)
  /// One half of a pair is missing.
  case missingHalf(folder: String, name: String)
  /// A tensor has not the shape that the rank or the base asks for.
  case wrongShape(folder: String, name: String, shape: [Int], expected: String)
  /// The tensors have another rank than the configuration gives the module.
  case rankDiffers(folder: String, module: String, tensors: Int, configuration: Int)
  /// The base has no linear module of this path in its blocks.
  case noSuchModule(folder: String, module: String, available: [String])
  /// There is no tensor at all.
  case empty(folder: String)
  /// A regular expression is not evaluated.
  case pattern(source: String, key: String, pattern: String, reason: String)
  /// The expressions are too many for so many modules.
  case tooCostly(folder: String, modules: Int)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .unknownTensor(let folder, _), .foreignTensor(let folder, _, _),
      .notATarget(let folder, _, _), .missingHalf(let folder, _), .wrongShape(let folder, _, _, _),
      .rankDiffers(let folder, _, _, _), .noSuchModule(let folder, _, _), .empty(let folder),
      .tooCostly(let folder, _):
      "cannot use the adapter in \(folder)"
    case .pattern(let source, let key, _, _): "\(source): \(key)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .unknownTensor(_, let name):
      "tensor \(name.quoted()) is no LoRA weight (base_model.model.….lora_A.weight or lora_B)"
    case .foreignTensor(_, let name, let kind): "tensor \(name.quoted()): \(kind.rawValue)"
    case .notATarget(_, let module, let reason):
      "it has tensors for module \(module.quoted()), which \(reason)"
    case .missingHalf(_, let name): "tensor \(name.quoted()) is missing"
    case .wrongShape(_, let name, let shape, let expected):
      "tensor \(name.quoted()) has shape \(shape), \(expected) was expected"
    case .rankDiffers(_, let module, let tensors, let configuration):
      "the tensors of module \(module.quoted()) have rank \(tensors), the configuration gives it"
        + " \(configuration)"
    case .noSuchModule(_, let module, _):
      "the base has no linear module \(module.quoted()) in its blocks"
    case .empty: "it holds no tensors"
    case .pattern(_, let key, let pattern, let reason):
      "\(key) \(pattern.quoted(limit: 60)): \(reason)"
    case .tooCostly(_, let modules):
      "its regular expressions are too large to be held against \(modules) modules"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .foreignTensor(_, _, .embeddings), .foreignTensor(_, _, .head):
      "train it without them among target_modules, and save it with save_embedding_layers=False"
    case .notATarget:
      "PEFT would leave these tensors out: take the adapter_config.json they came with"
    case .rankDiffers: "r and rank_pattern of adapter_config.json must be those of the tensors"
    case .noSuchModule(_, _, let available):
      "the adapter must be made for this base, whose modules are \(available.joined(separator: ", "))"
    case .pattern, .tooCostly:
      "list the modules by their names, or write a simpler expression"
    default: "the adapter must be plain LoRA saved by PEFT, with its own adapter_config.json"
    }
  }
}
