import GenkiFormats
import GenkiModel

extension FinetuneOptions {
  /// Refuses what a round under `storageRule` would refuse.
  ///
  /// - Throws: `FinetuneError.option`, and what reading the base's configuration and the names of its
  ///   weights throws.
  public func checkStorage() throws {
    guard method == .full else { return }
    try OutputTypes(
      effectiveStorage, base: base, configuration: FinetuneMemory.baseConfiguration(base)
    ).check(self)
  }
}

/// In which types a finetune's weights are stored, known before the first step.
struct OutputTypes {
  /// What `config.json` says: the type of all tensors, or the one that holds the values of all.
  let configuration: TensorType
  /// The type of every tensor of a full finetune, by name.
  private let types: [String: TensorType]
  /// The first tensor in another type than the base's, and the first that no round takes.
  private let differing: Difference?
  private let inadmissible: Difference?

  private struct Difference {
    let name: String
    let type: TensorType
    let base: TensorType
  }

  /// - Throws: `FinetuneError.option` for a type of the base that is not written.
  init(
    _ storage: FinetuneOptions.Storage, base: String, configuration: ModelConfiguration
  ) throws {
    let weights = try WeightSet.open(folder: base)
    var types: [String: TensorType] = [:]
    var differing: Difference?
    var inadmissible: Difference?
    let names = LanguageModel.expectedTensors(configuration: configuration).map(\.name)
    let inFiles = weights.fileNames(of: names).found
    for name in names {
      guard let stored = inFiles[name].flatMap({ weights.info($0) })?.type else { continue }
      let type = storage.tensorType ?? stored
      guard type.isWeightType else {
        throw FinetuneError.option(
          name: "--dtype base", why: "tensor \(name) of the base is stored as \(type.rawValue)",
          advice: "use float32")
      }
      types[name] = type
      guard type != stored else { continue }
      let difference = Difference(name: name, type: type, base: stored)
      differing = differing ?? difference
      if !type.isAdmissible(over: stored) { inadmissible = inadmissible ?? difference }
    }
    let all = Set(types.values)
    self.configuration = all.count == 1 ? all.first ?? .F32 : .F32
    self.types = types
    self.differing = differing
    self.inadmissible = inadmissible
  }

  /// The type of a tensor.
  func type(of name: String) -> TensorType { types[name] ?? configuration }

  /// A model that the round would refuse is not trained.
  func check(_ options: FinetuneOptions) throws {
    guard options.method == .full, let why = refusal(options.storageRule) else { return }
    throw FinetuneError.option(
      name: "--dtype \(options.effectiveStorage.rawValue)", why: "the round refuses it: \(why)",
      advice: "use auto; a run that began with another type begins anew in another folder")
  }

  /// Why a round under this rule refuses the model; nil if it takes it.
  func refusal(_ rule: FinetuneOptions.StorageRule) -> String? {
    let difference =
      switch rule {
      case .any: nil as Difference?
      case .baseOrWider: inadmissible
      case .baseOnly: differing
      }
    return difference.map {
      "tensor \($0.name) would be stored as \($0.type.rawValue), the base has \($0.base.rawValue)"
    }
  }
}
