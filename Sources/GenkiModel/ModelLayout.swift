import GenkiFormats

/// A linear map of a model: y = x Wᵀ + b, or y = x W + b for GPT-2's transposed matrices.
struct Linear: Sendable {
  /// Its number in the model, by which an adapter finds it.
  let id: Int
  /// Its path in the model, for example `transformer.h.0.mlp.c_fc`.
  let path: String
  /// Indexes of its parameters.
  let weight: Int
  let bias: Int?
  let inputs: Int
  let outputs: Int
  /// W is stored [inputs, outputs], GPT-2's Conv1D.
  let isTransposed: Bool
}

/// A normalisation and its parameters.
struct Norm: Sendable {
  let kind: NormPart.Kind
  let weight: Int
  let bias: Int?
  let width: Int
  /// What is added to the weights.
  var offset: Float { kind == .rmsAroundOne ? 1 : 0 }
}

/// The MLP of a block. What a gated one makes first are rows [gate | up].
enum MLPLayout: Sendable {
  /// contract(activation(expand(x)))
  case plain(expand: Linear, contract: Linear)
  /// down(activation(gate(x)) · up(x)); one fused map or two, and the columns where their outputs begin.
  case gated(first: [(linear: Linear, column: Int)], down: Linear)

  /// What sees the MLP's input, and the columns where its outputs begin.
  var first: [(linear: Linear, column: Int)] {
    switch self {
    case .plain(let expand, _): [(expand, 0)]
    case .gated(let first, _): first
    }
  }

  /// What makes the MLP's output.
  var last: Linear {
    switch self {
    case .plain(_, let contract): contract
    case .gated(_, let down): down
    }
  }

  var isGated: Bool {
    if case .gated = self { return true }
    return false
  }
}

/// Where in a row of projections each head begins.
struct ProjectionPlaces: Sendable, BitwiseCopyable {
  /// From a head to the next of its kind.
  let step: Int
  /// Where the first key and the first value begin; the first query begins the row.
  let key: Int
  let value: Int

  /// Rows [q | k | v].
  init(queryWidth: Int, keyWidth: Int, headSize: Int) {
    step = headSize
    key = queryWidth
    value = queryWidth + keyWidth
  }

  /// Rows of [q k v], head by head.
  init(byHeadOfSize headSize: Int) {
    step = 3 * headSize
    key = headSize
    value = 2 * headSize
  }
}

/// One transformer block: where its parameters are. A missing norm is the identity.
struct LayerLayout: Sendable {
  let attentionNorm: Norm?
  /// One fused projection or three; `column` is where its outputs begin in a row of projections.
  let projections: [(linear: Linear, column: Int)]
  let places: ProjectionPlaces
  /// Norms of the queries and keys: of each head, or of all heads together where they are as wide.
  let headNorms: (query: Norm, key: Norm)?
  let output: Linear
  let attentionOutputNorm: Norm?
  let mlpNorm: Norm?
  let mlp: MLPLayout
  let mlpOutputNorm: Norm?

  /// Every linear map of the block, in a fixed order: its place there is its number in the block.
  var linears: [Linear] {
    projections.map(\.linear) + [output] + mlp.first.map(\.linear) + [mlp.last]
  }
  /// The places of the output's map and of the MLP's first.
  var outputPlace: Int { projections.count }
  var mlpPlace: Int { projections.count + 1 }
}

/// Where every parameter of a model lies, under the names of its family's files.
struct ModelLayout: Sendable {
  let parameters: [Parameter]
  let elementCount: Int
  let tokenEmbedding: Int
  let positionEmbedding: Int?
  let layers: [LayerLayout]
  let finalNorm: Norm
  /// The output head [vocabulary, hidden]; the token embedding when tied.
  let head: Int
  /// What the standard deviation of a parameter's fresh values is multiplied by, or their value.
  let fresh: [FreshValues]

  /// How a parameter begins.
  enum FreshValues: Sendable {
    case normal(scale: Double)
    case constant(Float)
  }

  /// Every linear map inside the blocks.
  var linears: [Linear] { layers.flatMap(\.linears) }

  init(_ configuration: ModelConfiguration) {
    var builder = LayoutBuilder(configuration: configuration)
    let parts = configuration.parts
    tokenEmbedding = builder.table(
      parts.tokenEmbedding, [configuration.vocabularySize, configuration.hiddenSize])
    positionEmbedding = parts.positionEmbedding.map {
      builder.table($0, [configuration.maxPositions, configuration.hiddenSize])
    }
    layers = parts.blocks.map { builder.block($0) }
    finalNorm = builder.norm(parts.finalNorm)
    head =
      configuration.tiedHead
      ? tokenEmbedding
      : builder.table(parts.head, [configuration.vocabularySize, configuration.hiddenSize])
    parameters = builder.parameters.parameters
    elementCount = builder.parameters.elementCount
    fresh = builder.fresh
  }
}

/// Gives the parts of a model their places.
private struct LayoutBuilder {
  let configuration: ModelConfiguration
  var parameters = ParameterTable()
  var fresh: [ModelLayout.FreshValues] = []
  private var linearCount = 0

  init(configuration: ModelConfiguration) { self.configuration = configuration }

  private mutating func add(
    _ name: String, _ shape: [Int], _ values: ModelLayout.FreshValues
  ) -> Int {
    fresh.append(values)
    return parameters.add(name, shape)
  }

  mutating func table(_ name: String, _ shape: [Int]) -> Int {
    add(name, shape, .normal(scale: 1))
  }

  mutating func norm(_ part: NormPart) -> Norm {
    let weight = add(
      part.path + ".weight", [part.width], .constant(part.kind == .rmsAroundOne ? 0 : 1))
    let bias = part.kind == .layer ? add(part.path + ".bias", [part.width], .constant(0)) : nil
    return Norm(kind: part.kind, weight: weight, bias: bias, width: part.width)
  }

  private mutating func linear(_ part: LinearPart) -> Linear {
    let weight = add(
      part.path + ".weight",
      part.isTransposed ? [part.inputs, part.outputs] : [part.outputs, part.inputs],
      .normal(scale: part.freshScale))
    let bias = part.hasBias ? add(part.path + ".bias", [part.outputs], .constant(0)) : nil
    linearCount += 1
    return Linear(
      id: linearCount - 1, path: part.path, weight: weight, bias: bias, inputs: part.inputs,
      outputs: part.outputs, isTransposed: part.isTransposed)
  }

  private mutating func projections(
    _ part: ProjectionsPart
  ) -> (maps: [(linear: Linear, column: Int)], places: ProjectionPlaces) {
    let c = configuration
    let places = ProjectionPlaces(
      queryWidth: c.queryWidth, keyWidth: c.keyWidth, headSize: c.headSize)
    switch part {
    case .separate(let query, let key, let value):
      return (
        [(linear(query), 0), (linear(key), places.key), (linear(value), places.value)], places
      )
    case .fused(let all):
      return ([(linear(all), 0)], places)
    case .fusedByHead(let all):
      return ([(linear(all), 0)], ProjectionPlaces(byHeadOfSize: c.headSize))
    }
  }

  private mutating func mlp(_ part: MLPPart) -> MLPLayout {
    switch part {
    case .plain(let expand, let contract):
      .plain(expand: linear(expand), contract: linear(contract))
    case .gated(let gate, let up, let down):
      .gated(
        first: [(linear(gate), 0), (linear(up), configuration.intermediateSize)],
        down: linear(down))
    case .gatedFused(let gateUp, let down):
      .gated(first: [(linear(gateUp), 0)], down: linear(down))
    }
  }

  /// Parameters are laid out in the order in which they are used, the norms of heads behind the maps.
  mutating func block(_ part: BlockPart) -> LayerLayout {
    let attentionNorm = part.attentionNorm.map { norm($0) }
    let (maps, places) = projections(part.attention.projections)
    let output = linear(part.attention.output)
    var headNorms: (query: Norm, key: Norm)?
    if let norms = part.attention.headNorms {
      headNorms = (norm(norms.query), norm(norms.key))
    }
    let attentionOutputNorm = part.attentionOutputNorm.map { norm($0) }
    let mlpNorm = part.mlpNorm.map { norm($0) }
    let inner = mlp(part.mlp)
    return LayerLayout(
      attentionNorm: attentionNorm, projections: maps, places: places, headNorms: headNorms,
      output: output, attentionOutputNorm: attentionOutputNorm, mlpNorm: mlpNorm, mlp: inner,
      mlpOutputNorm: part.mlpOutputNorm.map { norm($0) })
  }
}
