import GenkiCore
import GenkiFormats
import GenkiTensor

/// A linear map that an adapter changes: y += scale · x Aᵀ Bᵀ.
public struct AdapterModule: Sendable {
  /// The linear map's path in the model.
  public let path: String
  /// The rank r of A[r, inFeatures] and B[outFeatures, r].
  public let rank: Int
  /// α / r, or α / √r with rank stabilisation.
  public let scale: Float
  /// The width of x.
  public let inFeatures: Int
  /// The width of y.
  public let outFeatures: Int
  /// Where A begins in the adapter's flat buffer.
  public let aOffset: Int
  /// Where B begins in the adapter's flat buffer.
  public let bOffset: Int
  /// The index of the base's weight matrix among the model's parameters.
  public let baseParameter: Int
  /// The base's matrix is stored [inFeatures, outFeatures] (GPT-2's Conv1D).
  public let isTransposed: Bool
  /// The linear map's number.
  let linear: Int
}

/// A LoRA adapter (Hu 2021, arXiv 2106.09685) over a model: low-rank additions to some linear maps.
public final class Adapter: @unchecked Sendable {
  /// Names of the PEFT format, shapes and places in `weights`.
  public let parameters: [Parameter]
  /// All factors, flat.
  public let weights: UnsafeMutableBufferPointer<Float>
  /// The changed linear maps, in the model's order.
  public let modules: [AdapterModule]
  /// What the adapter's `adapter_config.json` says.
  public let configuration: AdapterConfiguration
  /// moduleOfLinear[id] is the index of the module that changes that linear map.
  let moduleOfLinear: [Int?]
  private let storage: Arena

  /// Zero factors for every linear map that the configuration names.
  convenience init(configuration: AdapterConfiguration, layout: ModelLayout) throws {
    try self.init(configuration: configuration, layout: layout) { linear in
      guard configuration.targets(linear.path) else { return nil }
      let rank = configuration.rank(of: linear.path)
      return (rank, configuration.scale(linear.path, rank: rank))
    }
  }

  /// Zero factors for the linear maps to which `form` gives a rank and a scale.
  private init(
    configuration: AdapterConfiguration, layout: ModelLayout,
    form: (Linear) -> (rank: Int, scale: Float)?
  ) throws {
    var table = ParameterTable()
    var modules: [AdapterModule] = []
    var moduleOfLinear: [Int?] = []
    for linear in layout.linears {
      guard let (rank, scale) = form(linear) else {
        moduleOfLinear.append(nil)
        continue
      }
      let a = table.add(AdapterWeights.aName(linear.path), [rank, linear.inputs])
      let b = table.add(AdapterWeights.bName(linear.path), [linear.outputs, rank])
      moduleOfLinear.append(modules.count)
      modules.append(
        AdapterModule(
          path: linear.path, rank: rank, scale: scale,
          inFeatures: linear.inputs, outFeatures: linear.outputs,
          aOffset: table.parameters[a].offset, bOffset: table.parameters[b].offset,
          baseParameter: linear.weight, isTransposed: linear.isTransposed, linear: linear.id))
    }
    guard !modules.isEmpty else {
      throw ModelError.noAdapterTargets(
        targets: configuration.targetModules.description, available: Self.names(layout))
    }
    self.configuration = configuration
    self.modules = modules
    self.moduleOfLinear = moduleOfLinear
    parameters = table.parameters
    storage = try Arena(byteCount: Arena.bytes(table.elementCount, of: Float.self))
    weights = storage.take(table.elementCount)
  }

  /// The last names of the linear maps that an adapter can change.
  private static func names(_ layout: ModelLayout) -> [String] {
    Set(layout.linears.map { String($0.path.split(separator: ".").last ?? "") }).sorted()
  }

  /// Fresh factors: A uniform in ±1/√inFeatures (Kaiming with a = √5), B zero.
  func initialize(seed: UInt64) {
    for module in modules {
      var random = DeterministicRandom(seed: seed, domain: "genki-dama/lora/" + module.path)
      let bound = 1 / Double(module.inFeatures).squareRoot()
      for index in 0..<(module.rank * module.inFeatures) {
        weights[module.aOffset + index] = Float((2 * random.uniform() - 1) * bound)
      }
      for index in 0..<(module.outFeatures * module.rank) { weights[module.bOffset + index] = 0 }
    }
  }

  /// Reads a PEFT adapter folder for a model of this layout; its tensors say what it changes.
  ///
  /// - Parameter adjust: Changes what does not decide which modules are changed or how.
  static func load(
    folder: String, layout: ModelLayout, adjust: (inout AdapterConfiguration) -> Void = { _ in }
  ) throws -> Adapter {
    let file = try AdapterWeights.open(folder: folder)
    let byPath = Dictionary(uniqueKeysWithValues: file.modules.map { ($0.path, $0) })
    try check(file, folder: folder, layout: layout)
    var configuration = file.configuration
    adjust(&configuration)
    let adapter = try Adapter(configuration: configuration, layout: layout) { linear in
      byPath[linear.path].map { ($0.rank, $0.scale) }
    }
    for parameter in adapter.parameters {
      guard let base = adapter.weights.baseAddress else { continue }
      try file.weights.readFloats(parameter.name, into: base + parameter.offset)
    }
    return adapter
  }

  /// Refuses modules that the model has not, or not of this width.
  static func check(
    _ file: AdapterWeights, folder: String, layout: ModelLayout
  ) throws {
    let byPath = Dictionary(uniqueKeysWithValues: layout.linears.map { ($0.path, $0) })
    for module in file.modules {
      guard let linear = byPath[module.path] else {
        throw AdapterError.noSuchModule(
          folder: folder, module: module.path, available: names(layout))
      }
      for (name, found, expected) in [
        (module.aName, [module.rank, module.inFeatures], [module.rank, linear.inputs]),
        (module.bName, [module.outFeatures, module.rank], [linear.outputs, module.rank]),
      ] where found != expected {
        throw AdapterError.wrongShape(
          folder: folder, name: name, shape: found, expected: "\(expected) of the base")
      }
    }
  }
}
