import GenkiCore

/// A model's shape and constants, as its `config.json` states them with the class defaults filled in.
///
/// Field names follow the models' common vocabulary; see `ModelConfiguration+JSON.swift` for how each
/// family spells them.
public struct ModelConfiguration: Sendable, Equatable {
  /// The model families that Genki computes.
  public enum Family: String, Sendable, CaseIterable {
    case gptNeo = "gpt_neo"
    case gpt2
    case llama
    case qwen2
    case qwen3
  }

  /// What keys a layer's queries see.
  public enum AttentionKind: Sendable, Equatable {
    /// Every earlier position and itself.
    case global
    /// Only positions j with i − window < j ≤ i.
    case local(window: Int)
  }

  /// How rotary frequencies are changed for long contexts.
  public enum RopeScaling: Sendable, Equatable {
    case none
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
      originalMaxPositions: Int)
  }

  /// The model family.
  public var family: Family
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
  /// Factor of the attention scores of each layer (GPT-Neo: 1; others: 1/√headSize; GPT-2 may divide by layer + 1).
  public var attentionScale: [Double]
  /// q, k and v projections have biases.
  public var queryKeyValueBias: Bool
  /// The attention output projection has a bias.
  public var attentionOutputBias: Bool
  /// The MLP projections have biases.
  public var mlpBias: Bool
  /// Rotary base; nil where positions are learned.
  public var ropeTheta: Double?
  /// How rotary frequencies are changed.
  public var ropeScaling: RopeScaling
  /// Standard deviation of fresh weights.
  public var initializerRange: Double
  /// The id that begins a text.
  public var beginTokenID: Int?
  /// Zero, one or several ids end a text.
  public var endTokenIDs: [Int]
  /// The id that fills up rows.
  public var padTokenID: Int?
}
