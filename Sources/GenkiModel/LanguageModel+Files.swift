import Foundation
import GenkiCore
import GenkiFormats

// Models and adapters in Hugging Face's and PEFT's folder layouts.

extension LanguageModel {
  /// Reads `config.json` and the weights of a model folder, and an adapter over it.
  ///
  /// Every tensor of the configuration must be there with its shape, and no other one except buffers
  /// that old files hold and an equal copy of a tied head. Weights in float16 and bfloat16 are widened.
  public static func load(
    folder: String, adapterFolder: String? = nil
  ) throws -> LanguageModel {
    try MappedFiles.checked { try load(checked: folder, adapterFolder: adapterFolder) }
  }

  private static func load(
    checked folder: String, adapterFolder: String?
  ) throws -> LanguageModel {
    let files = try ModelTensors.open(folder: folder)
    let model = try LanguageModel(configuration: files.configuration)
    for parameter in model.parameters {
      try files.set.readFloats(
        files.name(of: parameter), into: model.weightBase + parameter.offset)
    }
    if let adapterFolder { try model.loadAdapter(folder: adapterFolder) }
    return model
  }

  /// Writes `config.json` and `model.safetensors`, each complete or not at all.
  ///
  /// The configuration is that of a fresh model; a model that was made from a base has the base's own
  /// (`ModelFolder.writeConfiguration`).
  public func save(folder: String, type: TensorType) throws {
    try saveWeights(folder: folder) { _ in type }
    try AtomicFile.write(
      configuration.encoded(type: type).encoded(pretty: true) + "\n",
      to: "\(folder)/\(ModelFiles.configuration)")
  }

  /// Writes `model.safetensors`, complete or not at all, each tensor in the type of its name.
  ///
  /// - Throws: `ModelError.beyondType` for a weight that would become infinite.
  public func saveWeights(folder: String, type: (_ name: String) -> TensorType) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Self.write(parameters, weights, to: "\(folder)/\(ModelFiles.weights)", type: type)
  }

  /// Reads a PEFT adapter folder and attaches it.
  ///
  /// - Parameter adjust: Changes what of its configuration is for training and for readers: dropout, and
  ///   the names of the base. Modules, ranks and scales stay those of the folder.
  /// - Throws: `AdapterError`, and what reading the configuration and the weights throws.
  public func loadAdapter(
    folder: String, adjust: (inout AdapterConfiguration) -> Void = { _ in }
  ) throws {
    try MappedFiles.checked {
      attach(try Adapter.load(folder: folder, layout: layout, adjust: adjust))
    }
  }

  /// Refuses an adapter whose modules a model of this configuration has not, or not of their widths.
  package static func check(
    _ adapter: AdapterWeights, folder: String, configuration: ModelConfiguration
  ) throws {
    try Adapter.check(adapter, folder: folder, layout: ModelLayout(configuration))
  }

  /// Writes the attached adapter in PEFT's layout; does nothing without one.
  public func saveAdapter(folder: String, type: TensorType) throws {
    guard let adapter else { return }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Self.write(
      adapter.parameters, adapter.weights, to: "\(folder)/\(ModelFiles.adapterWeights)"
    ) { _ in type }
    try AtomicFile.write(
      adapter.configuration.encoded().encoded(pretty: true) + "\n",
      to: "\(folder)/\(ModelFiles.adapterConfiguration)")
  }

  private static func write(
    _ parameters: [Parameter], _ weights: UnsafeMutableBufferPointer<Float>, to path: String,
    type: (String) -> TensorType
  ) throws {
    let byName = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
    try SafetensorsWriter.write(
      to: path, tensors: parameters.map { ($0.name, $0.shape, type($0.name)) },
      metadata: ["format": "pt"]
    ) { name, range, out in
      guard let parameter = byName[name], let base = weights.baseAddress else { return }
      let values = base + parameter.offset + range.lowerBound
      let type = type(name)
      if let limit = type.roundedToInfinity,
        let index = (0..<range.count).first(where: { abs(values[$0]) >= limit })
      {
        throw ModelError.beyondType(
          path: path, name: name, value: values[index], type: type.configurationName)
      }
      out.update(from: values, count: range.count)
    }
  }
}
