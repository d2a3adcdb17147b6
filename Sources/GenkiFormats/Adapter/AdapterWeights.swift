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
  public static func aName(_ module: String) -> String {
    AdapterTensorName.prefix + module + AdapterTensorName.aSuffix
  }
  /// The name of a module's tensor B.
  public static func bName(_ module: String) -> String {
    AdapterTensorName.prefix + module + AdapterTensorName.bSuffix
  }

  /// Opens an adapter folder: which modules are changed, and with what rank, is what its tensors say.
  ///
  /// Throws if a tensor is none of a pair lora_A and lora_B, and if PEFT, with this configuration, would
  /// give a module no adapter, or one of another rank: it would compute another model or none.
  public static func open(
    folder: String, limits: SafetensorsLimits = .reference
  ) throws -> AdapterWeights {
    let configuration = try AdapterConfiguration.load(path: folder)
    let weights = try WeightSet.open(folder: folder, limits: limits)
    let paths = try modulePaths(folder: folder, weights: weights)
    try checkCost(of: configuration, paths: paths, folder: folder)
    return AdapterWeights(
      configuration: configuration, weights: weights,
      modules: try paths.map {
        try pair($0, folder: folder, weights: weights, configuration)
      })
  }

  /// The paths of modules with tensors, sorted.
  private static func modulePaths(folder: String, weights: WeightSet) throws -> [String] {
    var paths: Set<String> = []
    for name in weights.names {
      switch AdapterTensorName(name) {
      case .a(let module), .b(let module): paths.insert(module)
      case .foreign(let kind):
        throw AdapterError.foreignTensor(folder: folder, name: name, kind)
      case .unknown: throw AdapterError.unknownTensor(folder: folder, name: name)
      }
    }
    guard !paths.isEmpty else { throw AdapterError.empty(folder: folder) }
    return paths.sorted()
  }

  /// Visits of an expression's states for all characters of all paths: about a second's work.
  private static let visitsMaximum = 1 << 27
  /// What holding an expression against a path costs before its first character.
  private static let visitsOfABeginning = 128

  private static func checkCost(
    of configuration: AdapterConfiguration, paths: [String], folder: String
  ) throws {
    let characters = paths.reduce(0) { $0 + $1.utf8.count + 1 }
    let (visits, isTooMuch) = characters.multipliedReportingOverflow(by: configuration.stateCount)
    // Both factors are bounded by the sizes of files.
    let beginnings = visitsOfABeginning * paths.count * configuration.expressionCount
    guard !isTooMuch, visits <= visitsMaximum, beginnings <= visitsMaximum - visits else {
      throw AdapterError.tooCostly(folder: folder, modules: paths.count)
    }
  }

  private static func pair(
    _ path: String, folder: String, weights: WeightSet, _ configuration: AdapterConfiguration
  ) throws -> Module {
    if let reason = configuration.reasonAgainst(path) {
      throw AdapterError.notATarget(folder: folder, module: path, reason: reason)
    }
    let names = (a: aName(path), b: bName(path))
    guard let a = weights.info(names.a) else {
      throw AdapterError.missingHalf(folder: folder, name: names.a)
    }
    guard let b = weights.info(names.b) else {
      throw AdapterError.missingHalf(folder: folder, name: names.b)
    }
    for info in [a, b] where !info.type.isReadableWeightType {
      throw SafetensorsError.notAWeightType(path: folder, name: info.name, type: info.type)
    }
    guard a.shape.count == 2, a.shape[0] > 0, a.shape[1] > 0 else {
      throw AdapterError.wrongShape(
        folder: folder, name: a.name, shape: a.shape, expected: "[rank, in]")
    }
    let rank = a.shape[0]
    guard b.shape.count == 2, b.shape[1] == rank, b.shape[0] > 0 else {
      throw AdapterError.wrongShape(
        folder: folder, name: b.name, shape: b.shape, expected: "[out, \(rank)]")
    }
    let expected = configuration.rank(of: path)
    guard rank == expected else {
      throw AdapterError.rankDiffers(
        folder: folder, module: path, tensors: rank, configuration: expected)
    }
    return Module(
      path: path, aName: a.name, bName: b.name, rank: rank, inFeatures: a.shape[1],
      outFeatures: b.shape[0], scale: configuration.scale(path, rank: rank))
  }

  /// A configuration that names every module with tensors and its rank, and nothing else: what the
  /// memory of training this adapter follows from.
  public var explicitConfiguration: AdapterConfiguration {
    var explicit = configuration
    explicit.targetModules = ModuleSelection(modules.map(\.path))
    explicit.excludeModules = nil
    explicit.layers = nil
    return explicit
  }
}
