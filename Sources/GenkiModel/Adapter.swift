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
  init(configuration: AdapterConfiguration, layout: ModelLayout) throws {
    var table = ParameterTable()
    var modules: [AdapterModule] = []
    var moduleOfLinear: [Int?] = []
    for linear in layout.linears {
      guard configuration.targets(linear.path) else {
        moduleOfLinear.append(nil)
        continue
      }
      let rank = configuration.rank(of: linear.path)
      let name = "base_model.model." + linear.path
      let a = table.add(name + ".lora_A.weight", [rank, linear.inputs])
      let b = table.add(name + ".lora_B.weight", [linear.outputs, rank])
      moduleOfLinear.append(modules.count)
      modules.append(
        AdapterModule(
          path: linear.path, rank: rank, scale: configuration.scale(linear.path),
          inFeatures: linear.inputs, outFeatures: linear.outputs,
          aOffset: table.parameters[a].offset, bOffset: table.parameters[b].offset,
          baseParameter: linear.weight, isTransposed: linear.isTransposed, linear: linear.id))
    }
    guard !modules.isEmpty else {
      throw ModelError.noAdapterTargets(
        targets: configuration.targetModules.joined(separator: ", "),
        available: Set(layout.linears.map { String($0.path.split(separator: ".").last ?? "") })
          .sorted())
    }
    self.configuration = configuration
    self.modules = modules
    self.moduleOfLinear = moduleOfLinear
    parameters = table.parameters
    storage = try Arena(byteCount: Arena.bytes(table.elementCount, of: Float.self))
    weights = storage.take(table.elementCount)
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

  /// Reads a PEFT adapter folder for a model of this layout.
  static func load(folder: String, layout: ModelLayout) throws -> Adapter {
    let configuration = try AdapterConfiguration.load(path: folder + "/adapter_config.json")
    let file = try SafetensorsFile(path: folder + "/adapter_model.safetensors")
    let adapter = try Adapter(configuration: configuration, layout: layout)
    let expected = Set(adapter.parameters.map(\.name))
    if let unknown = file.tensors.first(where: { !expected.contains($0.name) }) {
      throw ModelError.unexpectedTensor(folder: folder, name: unknown.name)
    }
    for parameter in adapter.parameters {
      guard let info = file[parameter.name] else {
        throw ModelError.missingTensor(folder: folder, name: parameter.name)
      }
      guard info.shape == parameter.shape else {
        throw ModelError.wrongShape(
          folder: folder, name: parameter.name, expected: parameter.shape, found: info.shape)
      }
      guard let base = adapter.weights.baseAddress else { continue }
      try file.readFloats(info, into: base + parameter.offset)
    }
    return adapter
  }
}
