import GenkiCore

/// Bounds of a model's sizes: no product of two of them and a few small factors leaves 64 bits, and
/// nothing that exists is beyond them.
enum ModelBounds {
  static let vocabulary = 1...(1 << 22)
  static let width = 1...(1 << 16)
  static let layers = 1...1024
  static let heads = 1...4096
  static let headSize = 1...8192
  static let intermediate = 1...(1 << 19)
  static let positions = 1...(1 << 24)
  static let tokenID = -1...Int(Int32.max)
  static let epsilon = 0.0...1.0
  static let ropeTheta = 1.0...1e12
}

extension ModelConfiguration {
  /// Reads a model's `config.json`; `path` is the file or the model's folder.
  public static func load(path: String) throws -> ModelConfiguration {
    let file = ModelFolder.file(ModelFiles.configuration, at: path)
    let json = try JSONValue.parse(file: file, sizeLimit: ModelFiles.configurationBytesMaximum)
    return try ModelConfiguration(json: json, source: file)
  }

  /// Reads a configuration as transformers 4 or 5 writes it; missing values take the class defaults.
  ///
  /// Throws `ConfigurationError` for what is out of bounds, contradictory, or not computed here.
  public init(json: JSONValue, source: String) throws {
    let reader = try ConfigurationReader(json: json, source: source)
    guard let type = try reader.optionalString("model_type") else {
      throw reader.missing("model_type")
    }
    guard let family = Family(rawValue: type) else {
      throw reader.unsupported(
        "model_type", .string(type),
        allowed: Family.allCases.map(\.rawValue).joined(separator: ", "))
    }
    try Self.refuseForeignFeatures(reader)
    switch family {
    case .gptNeo: try self.init(gptNeo: reader)
    case .gpt2: try self.init(gpt2: reader)
    case .llama, .qwen2, .qwen3: try self.init(rotary: reader, family: family)
    }
  }

  private static func refuseForeignFeatures(_ reader: ConfigurationReader) throws {
    for key in ["is_encoder_decoder", "add_cross_attention"]
    where try reader.bool(key, default: false) {
      throw reader.unsupported(key, true, allowed: "decoders only")
    }
    if let value = reader.value("quantization_config") {
      throw reader.unsupported(
        "quantization_config", value,
        allowed:
          "float32, float16 or bfloat16: take the model this one was quantized from")
    }
  }

  private init(gptNeo reader: ConfigurationReader) throws {
    let heads = try reader.int(
      "num_heads", "num_attention_heads", default: 16, in: ModelBounds.heads)
    let width = try reader.int("hidden_size", default: 2048, in: ModelBounds.width)
    let layers = try reader.int(
      "num_layers", "num_hidden_layers", default: 24, in: ModelBounds.layers)
    try Self.requireActivation(reader, "activation_function", ["gelu_new", "gelu_pytorch_tanh"])
    self.init(
      family: .gptNeo, vocabularySize: try Self.vocabulary(reader, default: 50257),
      hiddenSize: width, layerCount: layers, headCount: heads, keyValueHeadCount: heads,
      headSize: try Self.evenHeadSize(reader, width: width, heads: heads),
      intermediateSize: try reader.int(
        "intermediate_size", default: 4 * width, in: ModelBounds.intermediate),
      maxPositions: try reader.int(
        "max_position_embeddings", default: 2048, in: ModelBounds.positions),
      normEpsilon: try reader.double(
        "layer_norm_epsilon", default: 1e-5, in: ModelBounds.epsilon),
      tiedHead: try reader.bool("tie_word_embeddings", default: true),
      attention: try Self.gptNeoAttention(reader, layers: layers),
      attentionScale: [Double](repeating: 1, count: layers), queryKeyValueBias: false,
      attentionOutputBias: true, mlpBias: true, ropeTheta: nil, ropeScaling: .none,
      initializerRange: try Self.initializerRange(reader),
      beginTokenID: try Self.tokenID(reader, "bos_token_id", default: 50256),
      endTokenIDs: try Self.endTokenIDs(reader, default: 50256),
      padTokenID: try Self.tokenID(reader, "pad_token_id", default: nil))
  }

  private init(gpt2 reader: ConfigurationReader) throws {
    let heads = try reader.int("n_head", "num_attention_heads", default: 12, in: ModelBounds.heads)
    let width = try reader.int("n_embd", "hidden_size", default: 768, in: ModelBounds.width)
    let layers = try reader.int(
      "n_layer", "num_hidden_layers", default: 12, in: ModelBounds.layers)
    try Self.requireActivation(reader, "activation_function", ["gelu_new", "gelu_pytorch_tanh"])
    let headSize = try Self.evenHeadSize(reader, width: width, heads: heads)
    self.init(
      family: .gpt2, vocabularySize: try Self.vocabulary(reader, default: 50257),
      hiddenSize: width, layerCount: layers, headCount: heads, keyValueHeadCount: heads,
      headSize: headSize,
      intermediateSize: try reader.int("n_inner", default: 4 * width, in: ModelBounds.intermediate),
      maxPositions: try reader.int(
        "n_positions", "max_position_embeddings", default: 1024, in: ModelBounds.positions),
      normEpsilon: try reader.double(
        "layer_norm_epsilon", default: 1e-5, in: ModelBounds.epsilon),
      tiedHead: try reader.bool("tie_word_embeddings", default: true),
      attention: [AttentionKind](repeating: .global, count: layers),
      attentionScale: Self.gpt2Scales(
        headSize: headSize, layers: layers,
        byHeadSize: try reader.bool("scale_attn_weights", default: true),
        byLayer: try reader.bool("scale_attn_by_inverse_layer_idx", default: false)),
      queryKeyValueBias: true, attentionOutputBias: true, mlpBias: true, ropeTheta: nil,
      ropeScaling: .none, initializerRange: try Self.initializerRange(reader),
      beginTokenID: try Self.tokenID(reader, "bos_token_id", default: 50256),
      endTokenIDs: try Self.endTokenIDs(reader, default: 50256),
      padTokenID: try Self.tokenID(reader, "pad_token_id", default: nil))
  }

  /// Llama, Qwen2 and Qwen3: rotary positions, RMSNorm, gated MLP.
  private init(rotary reader: ConfigurationReader, family: Family) throws {
    let isLlama = family == .llama
    let heads = try reader.int("num_attention_heads", default: 32, in: ModelBounds.heads)
    let width = try reader.int("hidden_size", default: 4096, in: ModelBounds.width)
    let layers = try reader.int("num_hidden_layers", default: 32, in: ModelBounds.layers)
    try Self.requireActivation(reader, "hidden_act", ["silu", "swish"])
    if !isLlama { try Self.refuseSlidingWindows(reader, layers: layers) }
    if isLlama, width % heads != 0 {
      throw reader.inconsistent(
        "num_attention_heads", "\(heads) does not divide hidden_size \(width)")
    }
    let headSize = try Self.rotaryHeadSize(reader, family: family, width: width, heads: heads)
    let rope = try RopeReader(reader)
    let attentionBias = try reader.bool("attention_bias", default: false)
    self.init(
      family: family,
      vocabularySize: try Self.vocabulary(reader, default: isLlama ? 32000 : 151936),
      hiddenSize: width, layerCount: layers, headCount: heads,
      keyValueHeadCount: try Self.keyValueHeads(reader, isLlama: isLlama, heads: heads),
      headSize: headSize,
      intermediateSize: try reader.int(
        "intermediate_size", default: isLlama ? 11008 : 22016, in: ModelBounds.intermediate),
      maxPositions: try reader.int(
        "max_position_embeddings", default: isLlama ? 2048 : 32768, in: ModelBounds.positions),
      normEpsilon: try reader.double("rms_norm_eps", default: 1e-6, in: ModelBounds.epsilon),
      tiedHead: try reader.bool("tie_word_embeddings", default: false),
      attention: [AttentionKind](repeating: .global, count: layers),
      attentionScale: [Double](repeating: 1 / Double(headSize).squareRoot(), count: layers),
      queryKeyValueBias: family == .qwen2 ? true : attentionBias,
      attentionOutputBias: family == .qwen2 ? false : attentionBias,
      mlpBias: isLlama ? try reader.bool("mlp_bias", default: false) : false,
      ropeTheta: rope.theta, ropeScaling: rope.scaling,
      initializerRange: try Self.initializerRange(reader),
      beginTokenID: try Self.tokenID(reader, "bos_token_id", default: isLlama ? 1 : nil),
      endTokenIDs: try Self.endTokenIDs(reader, default: isLlama ? 2 : nil),
      padTokenID: try Self.tokenID(reader, "pad_token_id", default: nil))
  }
}
