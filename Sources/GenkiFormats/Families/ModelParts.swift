/// A linear map: y = x Wᵀ + b.
package struct LinearPart: Sendable {
  /// Its path in the model, for example `model.layers.0.mlp.down_proj`.
  package let path: String
  package let inputs: Int
  package let outputs: Int
  package let hasBias: Bool
  /// W is stored [inputs, outputs], as GPT-2's Conv1D has it.
  package let isTransposed: Bool
  /// What the standard deviation of fresh weights is multiplied by.
  package let freshScale: Double

  init(
    _ path: String, _ inputs: Int, _ outputs: Int, bias: Bool, isTransposed: Bool = false,
    freshScale: Double = 1
  ) {
    self.path = path
    self.inputs = inputs
    self.outputs = outputs
    hasBias = bias
    self.isTransposed = isTransposed
    self.freshScale = freshScale
  }
}

/// A normalisation of vectors.
package struct NormPart: Sendable {
  /// What it computes.
  package enum Kind: Sendable, Equatable {
    /// (x − mean) / σ · w + b.
    case layer
    /// x / rms · w.
    case rms
    /// x / rms · (1 + w), whose fresh weights are zero.
    case rmsAroundOne
  }

  /// Its path in the model, for example `model.norm`.
  package let path: String
  package let width: Int
  package let kind: Kind

  init(_ path: String, _ width: Int, _ kind: Kind) {
    self.path = path
    self.width = width
    self.kind = kind
  }
}

/// How queries, keys and values are made of a block's input.
package enum ProjectionsPart: Sendable {
  /// A linear map for each.
  case separate(query: LinearPart, key: LinearPart, value: LinearPart)
  /// One whose outputs are all queries, then all keys, then all values.
  case fused(LinearPart)
  /// One whose outputs are, head by head, the head's query, key and value; every head has keys of its own.
  case fusedByHead(LinearPart)
}

/// Norms of queries and keys before they rotate; not with projections that are fused head by head.
package struct HeadNormsPart: Sendable {
  package let query: NormPart
  package let key: NormPart
}

/// Attention: what sees what and by which factor is in the configuration, layer by layer.
package struct AttentionPart: Sendable {
  package let projections: ProjectionsPart
  /// As wide as a head: each head is normed by itself. As wide as all of them: all together.
  package var headNorms: HeadNormsPart?
  package let output: LinearPart

  init(_ projections: ProjectionsPart, headNorms: HeadNormsPart? = nil, output: LinearPart) {
    self.projections = projections
    self.headNorms = headNorms
    self.output = output
  }
}

/// The MLP of a block; its activation is in the configuration.
package enum MLPPart: Sendable {
  /// contract(activation(expand(x)))
  case plain(expand: LinearPart, contract: LinearPart)
  /// down(activation(gate(x)) · up(x))
  case gated(gate: LinearPart, up: LinearPart, down: LinearPart)
  /// The same with one map whose outputs are all of gate, then all of up.
  case gatedFused(gateUp: LinearPart, down: LinearPart)
}

/// One transformer block. The residual stream h goes through it as
///
///     a = h + s · attentionOutputNorm(attention(attentionNorm(h)))
///     h = a + s · mlpOutputNorm(mlp(mlpNorm(a)))
///
/// where a missing norm is the identity and s is `ModelConfiguration.residualScale`; in a model that is
/// `isParallel` the MLP sees h, not a.
package struct BlockPart: Sendable {
  package var attentionNorm: NormPart?
  package var attention: AttentionPart
  package var attentionOutputNorm: NormPart?
  package var mlpNorm: NormPart?
  package var mlp: MLPPart
  package var mlpOutputNorm: NormPart?
}

/// What a model is made of, under the names of its files.
package struct ModelParts: Sendable {
  /// The name of the tensor [vocabulary, hidden].
  package let tokenEmbedding: String
  /// The name of the tensor [positions, hidden] of learned positions.
  package let positionEmbedding: String?
  package let blocks: [BlockPart]
  package let finalNorm: NormPart
  /// The name of the head's tensor [vocabulary, hidden]; a model whose head is its embedding has none.
  package let head: String
}

extension BlockPart {
  /// Every linear map of the block, in the order of its parameters.
  package var linears: [LinearPart] {
    let projections: [LinearPart] =
      switch attention.projections {
      case .separate(let query, let key, let value): [query, key, value]
      case .fused(let all), .fusedByHead(let all): [all]
      }
    let inner: [LinearPart] =
      switch mlp {
      case .plain(let expand, let contract): [expand, contract]
      case .gated(let gate, let up, let down): [gate, up, down]
      case .gatedFused(let gateUp, let down): [gateUp, down]
      }
    return projections + [attention.output] + inner
  }
}

extension ModelConfiguration {
  /// What the model is made of, under the names of its family's files.
  package var parts: ModelParts { family.parts(self) }
}
