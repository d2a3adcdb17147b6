import GenkiCore
import GenkiFormats
import GenkiModel

/// A tensor of the base that candidates may change.
public struct BaseTensor: Sendable, Equatable {
  /// Its name in the model's files.
  public let name: String
  /// Rows and columns, or the length.
  public let shape: [Int]
  /// How the base stores it.
  public let type: TensorType
  /// The number of elements.
  public let elementCount: Int
  /// A linear map stored [inputs, outputs], GPT-2's Conv1D.
  public let isTransposed: Bool

  /// Two dimensions larger than one: what weight ancestry compares.
  public var isMatrix: Bool { shape.count == 2 && shape.allSatisfy { $0 > 1 } }
}

/// The base of a round as the validator uses it: mapped weights in a fixed tensor order.
///
/// Only the tensors that the configuration demands take part. What else the files hold (stored
/// attention masks, a copy of a tied head) is ignored, and a candidate need not repeat it.
public struct BaseModel: Sendable {
  /// The folder it was opened from.
  public let folder: String
  /// The tensors, in the order of the model's parameters.
  public let tensors: [BaseTensor]
  /// Names in the files that the configuration does not demand.
  let ignoredNames: Set<String>
  /// The head that is the embedding, too; nil for a model with a head of its own.
  let tiedHead: TiedHead?
  private let mapped: MappedTensors
  private let indexes: [String: Int]
  /// The mapped files of the weights.
  var files: [MappedFile] { mapped.weights.mappedFiles }

  /// Opens a model folder; the configuration decides which tensors there must be.
  ///
  /// - Parameter refusesOtherHead: Whether a tied model's file may not hold another head. Rounds under the
  ///   rules of before ignore it.
  public static func open(folder: String, refusesOtherHead: Bool = true) throws -> BaseModel {
    try ModelFolder.requireModel(folder)
    let configuration = try ModelConfiguration.load(path: folder)
    let expected = LanguageModel.expectedTensors(configuration: configuration)
    let transposed = LanguageModel.transposedTensors(configuration: configuration)
    let base = try BaseModel(
      folder: folder, weights: WeightSet.open(folder: folder), names: expected.map(\.name),
      shapes: Dictionary(expected.map { ($0.name, $0.shape) }) { first, _ in first },
      tiedHead: TiedHead(configuration), isTransposed: { transposed.contains($0) })
    if refusesOtherHead, let head = base.tiedHead, let index = base.index(of: head.embedding) {
      try base.mapped.check(head, embeddingAt: index)
    }
    return base
  }

  /// A base from its weight files alone; `isTransposed` tells which weights are Conv1D.
  public init(
    folder: String, weights: WeightSet, isTransposed: (String) -> Bool = { _ in false }
  ) throws {
    try self.init(
      folder: folder, weights: weights, names: weights.names, shapes: [:],
      tiedHead: nil, isTransposed: isTransposed)
  }

  private init(
    folder: String, weights: WeightSet, names: [String], shapes: [String: [Int]],
    tiedHead: TiedHead?, isTransposed: (String) -> Bool
  ) throws {
    let (found, others) = weights.fileNames(of: names)
    if let twice = weights.twofold(others, of: names) {
      throw ModelError.unexpectedTensor(folder: folder, name: twice)
    }
    var tensors: [BaseTensor] = []
    var stored: [StoredTensor] = []
    for name in names {
      guard let tensor = found[name].flatMap({ weights.tensor($0) }) else {
        throw ModelError.missingTensor(folder: folder, name: name)
      }
      let info = tensor.info
      if let shape = shapes[name], shape != info.shape {
        throw ModelError.wrongShape(
          folder: folder, name: name, expected: shape, found: info.shape)
      }
      stored.append(tensor)
      tensors.append(
        BaseTensor(
          name: name, shape: info.shape, type: info.type, elementCount: info.elementCount,
          isTransposed: isTransposed(name)))
    }
    self.folder = folder
    self.tiedHead = tiedHead
    mapped = MappedTensors(weights: weights, tensors: stored)
    self.tensors = tensors
    indexes = Dictionary(
      tensors.enumerated().map { ($0.element.name, $0.offset) }
    ) { first, _ in first }
    ignoredNames = Set(others)
  }

  /// Refuses a base in types that rounds do not take.
  ///
  /// - Throws: `FederationError.baseType`.
  public func checkTypes() throws {
    for tensor in tensors where !tensor.type.isWeightType {
      throw FederationError.baseType(
        folder: folder, tensor: tensor.name, type: tensor.type.rawValue)
    }
  }

  /// The index of a tensor.
  public func index(of name: String) -> Int? { indexes[name] }

  /// The base's `config.json`.
  var configurationPath: String { Self.configurationPath(folder) }

  private static func configurationPath(_ folder: String) -> String {
    "\(folder)/\(ModelFiles.configuration)"
  }

  /// All parameters.
  public var elementCount: Int { tensors.reduce(0) { $0 + $1.elementCount } }

  /// The base's weight files.
  var weights: WeightSet { mapped.weights }

  /// The content hash of the base's weight files; reads them whole.
  public func contentDigest() throws -> ContentDigest { try mapped.weights.contentDigest() }

  /// The base's elements of a chunk in float32.
  func read(_ chunk: Chunk, into out: UnsafeMutablePointer<Float>) throws {
    try mapped.read(chunk, into: out)
  }

  /// The base's elements of a chunk: where they lie in the file, or converted into `buffer`.
  func floats(
    _ chunk: Chunk, or buffer: @autoclosure () -> UnsafeMutablePointer<Float>
  ) throws -> UnsafePointer<Float> {
    try mapped.floats(chunk, or: buffer())
  }

  /// Gives back the memory of some elements that will not be read again soon.
  func release(_ chunk: Chunk) { mapped.release(chunk) }
}
