import GenkiCore

/// A model's shape and constants, as its `config.json` states them with the class defaults filled in.
///
/// Field names follow the models' common vocabulary; the files of `Families` say how each family spells
/// them.
public struct ModelConfiguration: Sendable, Equatable {
  /// What keys a layer's queries see.
  public enum AttentionKind: Sendable, Equatable {
    /// Every earlier position and itself.
    case global
    /// Only positions j with i − window < j ≤ i.
    case local(window: Int)
  }

  /// What an MLP applies to its first products.
  public enum Activation: Sendable, Equatable {
    /// x / (1 + e^−x).
    case silu
    /// 0.5 x (1 + erf(x / √2)).
    case gelu
    /// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).
    case geluTanh
  }

  /// The model family.
  public var family: ModelFamily
  /// Rows of the token embedding.
  public var vocabularySize: Int
  /// Width of the residual stream.
  public var hiddenSize: Int
  /// Number of blocks.
  public var layerCount: Int
  /// Query heads of a layer.
  public var headCount: Int
  /// Key/value heads; equal to `headCount` without grouped-query attention.
  public var keyValueHeadCount: Int
  /// Width of one head; not always hiddenSize / headCount.
  public var headSize: Int
  /// Width inside the MLP.
  public var intermediateSize: Int
  /// The longest text that the model knows positions for.
  public var maxPositions: Int
  /// The epsilon of LayerNorm or RMSNorm.
  public var normEpsilon: Double
  /// The output head shares the token embedding.
  public var tiedHead: Bool
  /// One entry a layer.
  public var attention: [AttentionKind]
  /// Factor of the attention scores of each layer; usually 1/√headSize.
  public var attentionScale: [Double]
  /// How each layer's queries and keys turn with their positions; nil for one that does not rotate.
  public var rotation: [Rotation?]
  /// q, k and v projections have biases.
  public var queryKeyValueBias: Bool
  /// The attention output projection has a bias.
  public var attentionOutputBias: Bool
  /// The MLP projections have biases.
  public var mlpBias: Bool
  /// The activation of the MLPs.
  public var activation: Activation
  /// Standard deviation of fresh weights.
  public var initializerRange: Double
  /// The id that begins a text.
  public var beginTokenID: Int?
  /// Zero, one or several ids end a text.
  public var endTokenIDs: [Int]
  /// The id that fills up rows.
  public var padTokenID: Int?
  /// The id whose row of the token embedding learns nothing where it is an input, as a `padding_idx` of
  /// PyTorch's embeddings; families without one have none.
  public var frozenInputID: Int?
  /// Attention and MLP of a block see the same input, side by side.
  public var isParallel = false
  /// What token embeddings are multiplied by.
  public var embeddingScale = 1.0
  /// What the output of attention and of an MLP is multiplied by before it is added.
  public var residualScale = 1.0
  /// What logits are divided by.
  public var logitDivisor = 1.0

  /// The width of all queries of a position.
  package var queryWidth: Int { headCount * headSize }
  /// The width of all keys of a position, and that of all values.
  package var keyWidth: Int { keyValueHeadCount * headSize }
}

extension ModelConfiguration.Activation {
  /// The names that files have for it; the first is written.
  var names: [String] {
    switch self {
    case .silu: ["silu", "swish"]
    case .gelu: ["gelu", "gelu_python"]
    case .geluTanh: ["gelu_pytorch_tanh", "gelu_new", "gelu_fast", "gelu_accurate"]
    }
  }
  var name: String { names[0] }
  /// What GPT-2 and GPT-Neo call it.
  var oldName: String { self == .geluTanh ? "gelu_new" : name }

  static let all: [ModelConfiguration.Activation] = [.silu, .gelu, .geluTanh]
}
