import GenkiCore

/// A LoRA adapter's `adapter_config.json`, as PEFT writes it.
public struct AdapterConfiguration: Sendable, Equatable {
  /// The rank of modules that `rankPattern` does not name.
  public var rank: Int
  /// The scale's numerator of modules that `alphaPattern` does not name.
  public var alpha: Double
  /// The share of adapter inputs that training drops.
  public var dropout: Double
  /// The modules that may carry adapters.
  public var targetModules: ModuleSelection
  /// Those of them that carry none.
  public var excludeModules: ModuleSelection?
  /// The layers whose modules carry adapters; nil for all.
  public var layers: LayerSelection?
  /// The scale is alpha/√rank instead of alpha/rank.
  public var useRankStabilizedScale: Bool
  /// The base's weights are [in, out], as GPT-2's are.
  public var fanInFanOut: Bool
  /// Ranks of single modules; the first match counts.
  public var rankPattern: [(pattern: ModulePattern, rank: Int)]
  /// Alphas of single modules; the first match counts.
  public var alphaPattern: [(pattern: ModulePattern, alpha: Double)]
  /// The base that the adapter was made for, as its maker names it.
  public var baseModel: String?
  /// The base's revision.
  public var revision: String?

  /// The highest rank that is read.
  public static let rankMaximum = 4096

  /// A configuration for all layers, with one rank and one alpha.
  public init(
    rank: Int, alpha: Double, dropout: Double = 0, targetModules: ModuleSelection,
    useRankStabilizedScale: Bool = false, fanInFanOut: Bool = false, baseModel: String? = nil,
    revision: String? = nil
  ) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targetModules = targetModules
    self.useRankStabilizedScale = useRankStabilizedScale
    self.fanInFanOut = fanInFanOut
    rankPattern = []
    alphaPattern = []
    self.baseModel = baseModel
    self.revision = revision
  }

  /// The same with names of target modules.
  public init(
    rank: Int, alpha: Double, dropout: Double = 0, targetModules: [String],
    useRankStabilizedScale: Bool = false, fanInFanOut: Bool = false, baseModel: String? = nil,
    revision: String? = nil
  ) {
    self.init(
      rank: rank, alpha: alpha, dropout: dropout, targetModules: ModuleSelection(targetModules),
      useRankStabilizedScale: useRankStabilizedScale, fanInFanOut: fanInFanOut,
      baseModel: baseModel, revision: revision)
  }

  /// Whether PEFT gives a module of a model's blocks an adapter.
  public func targets(_ module: String) -> Bool {
    reasonAgainst(module) == nil
  }

  /// Why PEFT gives a module no adapter, in words that follow its name; nil if it does.
  func reasonAgainst(_ module: String) -> String? {
    if excludeModules?.contains(module) == true { return "is among exclude_modules" }
    if !targetModules.contains(module) { return "is not among target_modules" }
    // PEFT does not ask for the layer of a module that is named by its whole path.
    if layers?.contains(module) == false, !targetModules.namesWhole(module) {
      return "is in none of layers_to_transform"
    }
    return nil
  }

  /// The rank that a module's adapter is to have.
  public func rank(of module: String) -> Int {
    rankPattern.first { $0.pattern.matches(module) }?.rank ?? rank
  }

  /// The alpha of a module's adapter.
  public func alpha(of module: String) -> Double {
    alphaPattern.first { $0.pattern.matches(module) }?.alpha ?? alpha
  }

  /// What B·A of a module is multiplied by: alpha/rank, or alpha/√rank.
  public func scale(_ module: String, rank: Int) -> Float {
    let rank = Double(rank)
    return Float(alpha(of: module) / (useRankStabilizedScale ? rank.squareRoot() : rank))
  }

  /// How many expressions and names a path is held against.
  var expressionCount: Int { 3 + rankPattern.count + alphaPattern.count }

  /// The most states that the expressions of the file visit for a character of one path.
  var stateCount: Int {
    targetModules.stateCount + (excludeModules?.stateCount ?? 0)
      + rankPattern.reduce(0) { $0 + $1.pattern.stateCount }
      + alphaPattern.reduce(0) { $0 + $1.pattern.stateCount } + (layers?.stateCount ?? 0)
  }

  /// Whether both are the same.
  public static func == (left: AdapterConfiguration, right: AdapterConfiguration) -> Bool {
    left.encoded() == right.encoded()
  }
}
