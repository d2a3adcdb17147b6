import GenkiCore
import GenkiFormats

/// The weight files of a model folder, checked against its configuration before memory is taken for them.
struct ModelTensors {
  let configuration: ModelConfiguration
  let layout: ModelLayout
  let set: WeightSet
  private let fileNames: [String: String]

  /// Opens a folder's configuration and weights.
  ///
  /// Every tensor of the configuration must be there with its shape, and no other one except buffers
  /// that old files hold and an equal copy of a tied head.
  static func open(folder: String) throws -> ModelTensors {
    try ModelFolder.requireModel(folder)
    let configuration = try ModelConfiguration.load(path: folder)
    let set = try WeightSet.open(folder: folder)
    let layout = ModelLayout(configuration)
    guard layout.elementCount <= LanguageModel.parametersMaximum else {
      throw ModelError.tooLarge(parameters: "\(layout.elementCount)")
    }
    let (fileNames, others) = set.fileNames(of: layout.parameters.map(\.name))
    if let other = others.first(where: { !isIgnored($0, configuration) }) {
      throw ModelError.unexpectedTensor(folder: folder, name: other)
    }
    for parameter in layout.parameters {
      guard let info = fileNames[parameter.name].flatMap({ set.info($0) }) else {
        throw ModelError.missingTensor(
          folder: folder, name: parameter.name,
          isHead: parameter.name == layout.parameters[layout.head].name)
      }
      guard info.shape == parameter.shape else {
        throw ModelError.wrongShape(
          folder: folder, name: parameter.name, expected: parameter.shape, found: info.shape)
      }
    }
    if let head = TiedHead(configuration),
      let tensor = fileNames[head.embedding].flatMap({ set.tensor($0) })
    {
      try head.check(set.tensor(head.name), embedding: tensor, folder: folder)
    }
    return ModelTensors(
      configuration: configuration, layout: layout, set: set, fileNames: fileNames)
  }

  /// What the files call a parameter.
  func name(of parameter: Parameter) -> String { fileNames[parameter.name] ?? parameter.name }

  /// The type in which the files hold a parameter.
  func type(of parameter: Parameter) -> TensorType { set.info(name(of: parameter))?.type ?? .F32 }

  /// Tensors of published files that carry no weight of their own: what follows from the configuration, and the
  /// head of a model whose head is its embedding.
  private static func isIgnored(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    configuration.family.isBuffer(name)
      || TiedHead(configuration)?.name == name
  }
}
