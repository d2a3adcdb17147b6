import GenkiCore
import GenkiFormats
import GenkiModel

/// The adapter that a LoRA run trains: a fresh one, or one that was trained before.
struct TrainedAdapter {
  private enum Origin {
    case fresh
    case given(folder: String, AdapterWeights)
  }

  /// Exactly the modules that are trained, with their ranks.
  let configuration: AdapterConfiguration
  /// A fresh adapter's modules, as they are asked for.
  let targetModules: [String]
  private let origin: Origin

  /// Nil for a full finetune.
  ///
  /// - Throws: What is wrong with `--target-modules`, or with the adapter that is gone on with.
  init?(_ options: FinetuneOptions, _ base: ModelConfiguration) throws {
    guard options.method == .lora else { return nil }
    guard let folder = options.adapter else {
      targetModules = try FinetuneMemory.targetModules(options, base)
      configuration = AdapterConfiguration(
        rank: options.effectiveRank, alpha: options.alphaOrRank, dropout: options.dropout ?? 0,
        targetModules: targetModules,
        fanInFanOut: !LanguageModel.transposedTensors(configuration: base).isEmpty,
        baseModel: options.baseName ?? options.base)
      origin = .fresh
      return
    }
    let weights = try Self.open(folder)
    try LanguageModel.check(weights, folder: folder, configuration: base)
    var configuration = weights.explicitConfiguration
    configuration.dropout = options.dropout ?? configuration.dropout
    self.configuration = configuration
    targetModules = []
    origin = .given(folder: folder, weights)
  }

  /// Opens the folder of an adapter that is gone on with.
  static func open(_ folder: String) throws -> AdapterWeights {
    guard ModelFolder.isAdapter(folder) else {
      throw FinetuneError.notAnAdapter(
        path: folder, why: "there is no \(ModelFiles.adapterConfiguration)")
    }
    return try AdapterWeights.open(folder: folder)
  }

  /// Puts the adapter on the model, with the dropout of this run and the name of its base.
  func attach(to model: LanguageModel, _ options: FinetuneOptions) throws {
    guard case .given(let folder, let weights) = origin else {
      return try model.attachAdapter(configuration, seed: options.seed)
    }
    for name in weights.weights.names {
      guard let index = weights.weights.firstNonFinite(name) else { continue }
      throw FinetuneError.notAnAdapter(
        path: folder, why: "element \(index) of tensor \(name) is infinite or not a number")
    }
    try model.loadAdapter(folder: folder) { file in
      file.dropout = configuration.dropout
      file.baseModel = options.baseName ?? options.base
      file.revision = nil
    }
  }

  /// The elements of all factors.
  var elementCount: Int? {
    guard case .given(_, let weights) = origin else { return nil }
    return weights.weights.elementCount
  }

  /// One digest of what a run goes on with: weights and configuration; nil for a fresh adapter.
  func digest() throws -> String? {
    guard case .given(let folder, let weights) = origin else { return nil }
    let file = ModelFiles.adapterConfiguration
    let configuration = try SHA256Hasher.digest(ofFile: "\(folder)/\(file)").hex
    let lines = "\(try weights.weights.contentDigest().hex)\n\(file) \(configuration)\n"
    return SHA256Hasher.digest(of: Array(lines.utf8)).hex
  }
}

extension FinetuneOptions {
  /// The highest rank of the adapter that is trained; nil for a full finetune.
  ///
  /// - Throws: What reading the adapter that is gone on with throws.
  public func adapterRank() throws -> Int? {
    guard method == .lora else { return nil }
    guard let adapter else { return effectiveRank }
    return try TrainedAdapter.open(adapter).modules.map(\.rank).max()
  }
}
