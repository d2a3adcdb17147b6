import GenkiCore

/// What the families after Llama's pattern have in common: RMSNorm, rotary positions, grouped heads and a
/// gated MLP. The values are the defaults of a family's class in transformers, for keys that are missing.
struct LlamaShape: Sendable {
  var vocabulary = 32000
  var width = 4096
  var intermediate = 11008
  var layers = 32
  var heads = 32
  /// Nil: as many as heads.
  var keyValueHeads: Int?
  /// Nil: width / heads.
  var headSize: Int?
  var positions = 2048
  var epsilon = 1e-6
  var isTied = false
  var theta = 10000.0
  var beginID: Int? = 1
  var endID: Int? = 2
  var padID: Int?
  var epsilonKey = "rms_norm_eps"
  var activationKey = "hidden_act"
  var activation = ModelConfiguration.Activation.silu
  /// Whose rotary parameters are the common ones where types of layers have their own.
  var rotatingLayers: String?
  /// Which biases the configuration may ask for.
  var readsAttentionBias = false
  var readsMLPBias = false
  /// The class refuses a width that its heads do not divide, whatever `head_dim` says.
  var headsDivideWidth = false
  /// A part of each head may rotate.
  var partialRotation = false
  var scalings = RotationReader.Scalings.all

  /// Reads the common keys; every layer sees everything and rotates alike.
  func read(_ reader: ConfigurationReader, family: ModelFamily) throws -> ModelConfiguration {
    let heads = try reader.int("num_attention_heads", default: heads, in: ModelBounds.heads)
    let width = try reader.int("hidden_size", default: width, in: ModelBounds.width)
    let layers = try reader.int("num_hidden_layers", default: layers, in: ModelBounds.layers)
    if headsDivideWidth, width % heads != 0 {
      throw reader.inconsistent(
        "num_attention_heads", "\(heads) does not divide hidden_size \(width)")
    }
    let headSize = try headSize(reader, width: width, heads: heads)
    let positions = try reader.int(
      "max_position_embeddings", default: positions, in: ModelBounds.positions)
    let rotation = try RotationReader(
      reader: reader, headSize: headSize, maxPositions: positions, theta: theta,
      isPartial: partialRotation, layerType: rotatingLayers, scalings: scalings
    ).rotation()
    let hasBias = readsAttentionBias ? try reader.bool("attention_bias", default: false) : false
    let vocabulary = try ModelConfiguration.vocabulary(reader, default: vocabulary)
    return ModelConfiguration(
      family: family, vocabularySize: vocabulary, hiddenSize: width, layerCount: layers,
      headCount: heads, keyValueHeadCount: try keyValueHeads(reader, heads: heads),
      headSize: headSize,
      intermediateSize: try reader.int(
        "intermediate_size", default: intermediate, in: ModelBounds.intermediate),
      maxPositions: positions,
      normEpsilon: try reader.double(epsilonKey, default: epsilon, in: ModelBounds.epsilon),
      tiedHead: try reader.bool("tie_word_embeddings", default: isTied),
      attention: [ModelConfiguration.AttentionKind](repeating: .global, count: layers),
      attentionScale: [Double](repeating: 1 / Double(headSize).squareRoot(), count: layers),
      rotation: [Rotation?](repeating: rotation, count: layers), queryKeyValueBias: hasBias,
      attentionOutputBias: hasBias,
      mlpBias: readsMLPBias ? try reader.bool("mlp_bias", default: false) : false,
      activation: try ModelConfiguration.activation(reader, activationKey, default: activation),
      initializerRange: try ModelConfiguration.initializerRange(reader),
      beginTokenID: try ModelConfiguration.tokenID(reader, "bos_token_id", default: beginID),
      endTokenIDs: try ModelConfiguration.endTokenIDs(reader, default: endID),
      padTokenID: try ModelConfiguration.tokenID(reader, "pad_token_id", default: padID),
      frozenInputID: try ModelConfiguration.paddingRow(
        reader, default: padID, vocabulary: vocabulary))
  }

  /// `head_dim` where it is given; rotary positions need an even one.
  private func headSize(_ reader: ConfigurationReader, width: Int, heads: Int) throws -> Int {
    let fallback = reader.has("head_dim") ? nil : headSize
    let size =
      try reader.optionalInt("head_dim", in: ModelBounds.headSize) ?? fallback
      ?? ModelConfiguration.headSize(
        reader, width: width, heads: heads, "num_attention_heads")
    guard size % 2 == 0 else {
      throw reader.inconsistent("head_dim", "rotary positions need an even size, not \(size)")
    }
    return size
  }

  /// Null means as many as heads.
  private func keyValueHeads(_ reader: ConfigurationReader, heads: Int) throws -> Int {
    let key = "num_key_value_heads"
    let fallback = reader.has(key) ? heads : keyValueHeads ?? heads
    let count = try reader.int(key, default: fallback, in: ModelBounds.heads)
    guard heads % count == 0 else {
      throw reader.inconsistent(key, "\(count) does not divide \(heads) heads")
    }
    return count
  }

  /// Writes the common keys.
  func write(_ c: ModelConfiguration, into object: inout JSONObject) {
    object["hidden_size"] = JSONValue(c.hiddenSize)
    object["num_hidden_layers"] = JSONValue(c.layerCount)
    object["num_attention_heads"] = JSONValue(c.headCount)
    object["num_key_value_heads"] = JSONValue(c.keyValueHeadCount)
    object["head_dim"] = JSONValue(c.headSize)
    object["intermediate_size"] = JSONValue(c.intermediateSize)
    object["max_position_embeddings"] = JSONValue(c.maxPositions)
    object[activationKey] = .string(c.activation.name)
    object[epsilonKey] = .number(c.normEpsilon)
    object["attention_dropout"] = 0.0
    let rotation = c.rotation.lazy.compactMap(\.self).first
    object["rope_theta"] = .number(rotation?.theta ?? theta)
    object["rope_scaling"] = rotation?.scaling.json ?? .null
    if partialRotation {
      object["partial_rotary_factor"] = .number(rotation?.share(of: c.headSize) ?? 1)
    }
    if readsAttentionBias { object["attention_bias"] = .bool(c.queryKeyValueBias) }
    if readsMLPBias { object["mlp_bias"] = .bool(c.mlpBias) }
  }

  /// The parts under Llama's names; `change` makes a family's own blocks of Llama's.
  static func parts(
    _ c: ModelConfiguration, norm: NormPart.Kind = .rms,
    change: (_ block: inout BlockPart, _ path: String) -> Void = { _, _ in }
  ) -> ModelParts {
    let width = c.hiddenSize
    let inner = c.intermediateSize
    let blocks = (0..<c.layerCount).map { index in
      let path = "model.layers.\(index)"
      let attention = path + ".self_attn."
      let mlp = path + ".mlp."
      var block = BlockPart(
        attentionNorm: NormPart(path + ".input_layernorm", width, norm),
        attention: AttentionPart(
          .separate(
            query: LinearPart(
              attention + "q_proj", width, c.queryWidth, bias: c.queryKeyValueBias),
            key: LinearPart(attention + "k_proj", width, c.keyWidth, bias: c.queryKeyValueBias),
            value: LinearPart(attention + "v_proj", width, c.keyWidth, bias: c.queryKeyValueBias)),
          output: LinearPart(
            attention + "o_proj", c.queryWidth, width, bias: c.attentionOutputBias)),
        attentionOutputNorm: nil,
        mlpNorm: NormPart(path + ".post_attention_layernorm", width, norm),
        mlp: .gated(
          gate: LinearPart(mlp + "gate_proj", width, inner, bias: c.mlpBias),
          up: LinearPart(mlp + "up_proj", width, inner, bias: c.mlpBias),
          down: LinearPart(mlp + "down_proj", inner, width, bias: c.mlpBias)),
        mlpOutputNorm: nil)
      change(&block, path)
      return block
    }
    return ModelParts(
      tokenEmbedding: "model.embed_tokens.weight", positionEmbedding: nil, blocks: blocks,
      finalNorm: NormPart("model.norm", width, norm), head: "lm_head.weight")
  }

  /// Norms of every query and key head by itself, as Qwen3 names them.
  static func headNorms(_ path: String, _ c: ModelConfiguration, _ norm: NormPart.Kind)
    -> HeadNormsPart
  {
    HeadNormsPart(
      query: NormPart(path + ".self_attn.q_norm", c.headSize, norm),
      key: NormPart(path + ".self_attn.k_norm", c.headSize, norm))
  }
}
