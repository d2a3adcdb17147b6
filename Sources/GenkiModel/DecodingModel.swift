import GenkiCore
import GenkiFormats
import GenkiTensor

/// A model for writing text: its matrices stay in memory in the types of their files, 16-bit ones as 16
/// bits, and are widened to float32 where they are multiplied. Nothing of it is trained or evaluated.
public final class DecodingModel: @unchecked Sendable {
  /// The shape and constants.
  public let configuration: ModelConfiguration
  /// The bytes that its weights take.
  public let storedBytes: Int
  let layers: [PlannedLayer]
  let finalNorm: PlannedNorm
  let tokens: StoredMatrix
  let positions: StoredMatrix?
  let head: StoredMatrix
  /// The widest adapter module's rank; 0 without an adapter.
  let rankMaximum: Int
  /// What the pointers point into.
  private let owner: (AnyObject, Adapter?)

  /// Whether every matrix is float32, so that none needs to be widened for products.
  let isFloat32: Bool

  /// Reads `config.json` and the weights of a model folder, and an adapter over it.
  ///
  /// Accepts and refuses what `LanguageModel.load` does. Takes the memory of the weights as they are
  /// stored, and no other copy of them.
  public static func load(folder: String, adapterFolder: String? = nil) throws -> DecodingModel {
    try MappedFiles.checked {
      let files = try ModelTensors.open(folder: folder)
      let weights = try DecodingWeights(files)
      let adapter = try adapterFolder.map {
        try Adapter.load(folder: $0, layout: files.layout)
      }
      return DecodingModel(
        configuration: files.configuration, layout: files.layout, adapter: adapter,
        owner: weights, storedBytes: weights.arena.byteCount, matrix: { weights.matrices[$0] })
    }
  }

  /// A float32 model with the adapter that it has now; shares its weights' memory.
  public convenience init(_ model: LanguageModel) {
    let parameters = model.layout.parameters
    let transposed = Set(model.layout.linears.filter(\.isTransposed).map(\.weight))
    let base = model.weightBase
    self.init(
      configuration: model.configuration, layout: model.layout, adapter: model.adapter,
      owner: model, storedBytes: 4 * model.layout.elementCount,
      matrix: { index in
        let parameter = parameters[index]
        let turned = transposed.contains(index)
        let shape = parameter.isMatrix ? parameter.shape : [1, parameter.count]
        return StoredMatrix(
          base: UnsafeRawPointer(base + parameter.offset), kind: .float32,
          outputs: shape[turned ? 1 : 0], inputs: shape[turned ? 0 : 1],
          isTransposed: turned)
      })
  }

  private init(
    configuration c: ModelConfiguration, layout: ModelLayout, adapter: Adapter?, owner: AnyObject,
    storedBytes: Int, matrix: (Int) -> StoredMatrix
  ) {
    configuration = c
    self.storedBytes = storedBytes
    self.owner = (owner, adapter)
    func vector(_ index: Int) -> UnsafePointer<Float> { matrix(index).float32(at: 0) }
    func norm(_ norm: Norm) -> PlannedNorm {
      PlannedNorm(
        weight: vector(norm.weight), bias: norm.bias.map(vector), offset: norm.offset,
        width: norm.width)
    }
    func linear(_ linear: Linear) -> PlannedLinear {
      var change: PlannedLinear.Change?
      if let adapter, let index = adapter.moduleOfLinear[linear.id],
        let factors = adapter.weights.baseAddress
      {
        let module = adapter.modules[index]
        change = PlannedLinear.Change(
          a: UnsafePointer(factors + module.aOffset), b: UnsafePointer(factors + module.bOffset),
          rank: module.rank, scale: module.scale)
      }
      return PlannedLinear(
        matrix: matrix(linear.weight), bias: linear.bias.map(vector), change: change)
    }
    layers = layout.layers.enumerated().map { index, block in
      let projections = block.projections.map { linear($0.linear) }
      var reach = Int(Int32.max)
      if case .local(let window) = c.attention[index] { reach = window }
      let inner = block.mlp.first.map { linear($0.linear) }
      let isFused = block.mlp.isGated && inner.count == 1
      let width = c.intermediateSize
      return PlannedLayer(
        attentionNorm: block.attentionNorm.map(norm), query: projections[0],
        key: projections.count > 1 ? projections[1] : nil,
        value: projections.count > 2 ? projections[2] : nil, places: block.places,
        queryNorm: block.headNorms.map { norm($0.query) },
        keyNorm: block.headNorms.map { norm($0.key) }, output: linear(block.output),
        attentionOutputNorm: block.attentionOutputNorm.map(norm),
        mlpNorm: block.mlpNorm.map(norm),
        expand: isFused ? inner[0].slice(0..<width) : inner[0],
        up: isFused ? inner[0].slice(width..<2 * width) : inner.count > 1 ? inner[1] : nil,
        contract: linear(block.mlp.last), mlpOutputNorm: block.mlpOutputNorm.map(norm),
        scale: Float(c.attentionScale[index]), reach: reach)
    }
    finalNorm = norm(layout.finalNorm)
    tokens = matrix(layout.tokenEmbedding)
    positions = layout.positionEmbedding.map(matrix)
    head = matrix(layout.head)
    rankMaximum = adapter?.modules.map(\.rank).max() ?? 0
    isFloat32 = layout.linears.allSatisfy { matrix($0.weight).kind == .float32 }
  }
}
