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
    try ModelFolder.requireModel(folder)
    let configuration = try ModelConfiguration.load(path: folder)
    let files = try WeightSet.open(folder: folder)
    let layout = ModelLayout(configuration)
    let expected = Dictionary(uniqueKeysWithValues: layout.parameters.map { ($0.name, $0) })
    var fileNames: [String: String] = [:]
    for name in files.names {
      let usual = expected[name] == nil ? "transformer." + name : name
      if expected[usual] != nil {
        fileNames[usual] = name
      } else if !isIgnored(name, configuration) {
        throw ModelError.unexpectedTensor(folder: folder, name: name)
      }
    }
    // Everything is checked before memory is taken for it.
    for parameter in layout.parameters {
      guard let info = fileNames[parameter.name].flatMap({ files.info($0) }) else {
        throw ModelError.missingTensor(folder: folder, name: parameter.name)
      }
      guard info.shape == parameter.shape else {
        throw ModelError.wrongShape(
          folder: folder, name: parameter.name, expected: parameter.shape, found: info.shape)
      }
    }
    let embedding = layout.parameters[layout.tokenEmbedding].name
    if configuration.tiedHead, let tensor = fileNames[embedding].flatMap({ files.tensor($0) }) {
      try TiedHead.check(
        files.tensor(TiedHead.name), embedding: tensor, called: embedding, folder: folder)
    }
    let model = try LanguageModel(configuration: configuration)
    for parameter in layout.parameters {
      try files.readFloats(
        fileNames[parameter.name] ?? parameter.name, into: model.weightBase + parameter.offset)
    }
    if let adapterFolder { try model.loadAdapter(folder: adapterFolder) }
    return model
  }

  /// Tensors of published files that carry no weight of their own: causal masks and rotary tables as
  /// buffers, and the head of a model whose head is its embedding.
  private static func isIgnored(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    name.hasSuffix(".attn.bias") || name.hasSuffix(".attn.masked_bias")
      || name.hasSuffix(".attn.attention.bias") || name.hasSuffix(".attn.attention.masked_bias")
      || name.hasSuffix(".rotary_emb.inv_freq")
      || (configuration.tiedHead && name == TiedHead.name)
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
  public func loadAdapter(folder: String) throws {
    try MappedFiles.checked { try loadAdapter(checked: folder) }
  }

  private func loadAdapter(checked folder: String) throws {
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
    attach(adapter)
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
