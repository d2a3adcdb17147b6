import GenkiCore

/// The weights of a LoRA adapter folder, checked against its configuration.
public struct AdapterWeights: Sendable {
  /// One adapted module: B·A of [outFeatures, rank] and [rank, inFeatures].
  public struct Module: Sendable, Equatable {
    /// The path in the base, "transformer.h.0.attn.c_attn".
    public let path: String
    /// The name of the tensor A [rank, in].
    public let aName: String
    /// The name of the tensor B [out, rank].
    public let bName: String
    /// The rank.
    public let rank: Int
    /// The width of the module's input.
    public let inFeatures: Int
    /// The width of the module's output.
    public let outFeatures: Int
    /// What B·A is multiplied by.
    public let scale: Float
  }

  /// The adapter's configuration.
  public let configuration: AdapterConfiguration
  /// The tensors.
  public let weights: WeightSet
  /// The adapted modules, sorted by path.
  public let modules: [Module]

  /// The name of a module's tensor A.
  public static func aName(_ module: String) -> String { "\(prefix)\(module)\(aSuffix)" }
  /// The name of a module's tensor B.
  public static func bName(_ module: String) -> String { "\(prefix)\(module)\(bSuffix)" }

  private static let prefix = "base_model.model."
  private static let aSuffix = ".lora_A.weight"
  private static let bSuffix = ".lora_B.weight"

  /// Opens an adapter folder.
  ///
  /// Throws if a tensor is none of a pair lora_A and lora_B, or if shapes, ranks and targets disagree
  /// with the configuration.
  public static func open(
    folder: String, limits: SafetensorsLimits = .reference
  ) throws -> AdapterWeights {
    let configuration = try AdapterConfiguration.load(path: folder)
    let weights = try WeightSet.open(folder: folder, limits: limits)
    var modules: [Module] = []
    for name in weights.names {
      guard let (path, isA) = module(of: name) else {
        throw AdapterError.unknownTensor(folder: folder, name: name)
      }
      guard configuration.targets(path) else {
        throw AdapterError.notATarget(folder: folder, module: path)
      }
      guard isA else {
        if weights.info(aName(path)) == nil {
          throw AdapterError.missingHalf(folder: folder, name: aName(path))
        }
        continue
      }
      modules.append(try pair(path, folder: folder, weights: weights, configuration))
    }
    guard !modules.isEmpty else { throw AdapterError.empty(folder: folder) }
    return AdapterWeights(
      configuration: configuration, weights: weights,
      modules: modules.sorted { $0.path < $1.path })
  }

  private static func pair(
    _ path: String, folder: String, weights: WeightSet, _ configuration: AdapterConfiguration
  ) throws -> Module {
    guard let a = weights.info(aName(path)), let b = weights.info(bName(path)) else {
      throw AdapterError.missingHalf(folder: folder, name: bName(path))
    }
    let rank = configuration.rank(of: path)
    for info in [a, b] where !info.type.isReadableWeightType {
      throw SafetensorsError.notAWeightType(path: folder, name: info.name, type: info.type)
    }
    guard a.shape.count == 2, a.shape[0] == rank, a.shape[1] > 0 else {
      throw AdapterError.wrongShape(
        folder: folder, name: a.name, shape: a.shape, expected: "[\(rank), in]")
    }
    guard b.shape.count == 2, b.shape[1] == rank, b.shape[0] > 0 else {
      throw AdapterError.wrongShape(
        folder: folder, name: b.name, shape: b.shape, expected: "[out, \(rank)]")
    }
    return Module(
      path: path, aName: a.name, bName: b.name, rank: rank, inFeatures: a.shape[1],
      outFeatures: b.shape[0], scale: configuration.scale(path))
  }

  private static func module(of name: String) -> (path: String, isA: Bool)? {
    guard name.hasPrefix(prefix) else { return nil }
    let rest = name.dropFirst(prefix.count)
    for (suffix, isA) in [(aSuffix, true), (bSuffix, false)] where rest.hasSuffix(suffix) {
      let path = String(rest.dropLast(suffix.count))
      return ModuleNames.isPlain(path) ? (path, isA) : nil
    }
    return nil
  }
}
