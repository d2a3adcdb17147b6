import GenkiCore

/// A LoRA adapter's `adapter_config.json`, as PEFT writes it.
public struct AdapterConfiguration: Sendable, Equatable {
  /// The rank of modules that `rankPattern` does not name.
  public var rank: Int
  /// The scale's numerator of modules that `alphaPattern` does not name.
  public var alpha: Double
  /// The share of adapter inputs that training drops.
  public var dropout: Double
  /// Suffixes of the paths of the modules that carry adapters.
  public var targetModules: [String]
  /// The scale is alpha/√rank instead of alpha/rank.
  public var useRankStabilizedScale: Bool
  /// The base's weights are [in, out], as GPT-2's are.
  public var fanInFanOut: Bool
  /// Ranks of single modules, by path suffix; the first match counts.
  public var rankPattern: [(name: String, rank: Int)]
  /// Alphas of single modules, by path suffix; the first match counts.
  public var alphaPattern: [(name: String, alpha: Double)]
  /// The base that the adapter was made for, as its maker names it.
  public var baseModel: String?
  /// The base's revision.
  public var revision: String?

  /// The highest rank that is read.
  public static let rankMaximum = 4096

  /// A configuration without patterns.
  public init(
    rank: Int, alpha: Double, dropout: Double = 0, targetModules: [String],
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

  /// Whether a module carries an adapter.
  public func targets(_ module: String) -> Bool {
    targetModules.contains { ModuleNames.matches(path: module, name: $0) }
  }

  /// The rank of a module's adapter.
  public func rank(of module: String) -> Int {
    rankPattern.first { ModuleNames.matches(path: module, name: $0.name) }?.rank ?? rank
  }

  /// The alpha of a module's adapter.
  public func alpha(of module: String) -> Double {
    alphaPattern.first { ModuleNames.matches(path: module, name: $0.name) }?.alpha ?? alpha
  }

  /// What B·A is multiplied by: alpha/rank, or alpha/√rank.
  public func scale(_ module: String) -> Float {
    let rank = Double(rank(of: module))
    return Float(alpha(of: module) / (useRankStabilizedScale ? rank.squareRoot() : rank))
  }

  /// Whether both are the same.
  public static func == (left: AdapterConfiguration, right: AdapterConfiguration) -> Bool {
    left.encoded() == right.encoded()
  }
}
