import GenkiCore
import GenkiFormats
import TestSupport
import Testing

@Suite struct ModelConfigurationTests {
  private static let files =
    [
      "gpt2", "gpt_neo_tinystories_like", "llama", "llama3_rope", "qwen2", "qwen3", "smollm2_like",
    ].map { "formats/configs/\($0).json" }
    + [
      "gpt2", "gpt_neo", "llama3_rope", "llama_tied", "llama_untied", "qwen2", "qwen3", "mistral",
      "mistral_window", "smollm3", "olmo2", "gemma3_text", "gpt_neox", "gpt_neox_sequential",
      "phi3",
      "granite", "llama_rope_linear", "llama_rope_yarn", "llama_rope_dynamic", "llama_pad",
      "phi3_pad",
    ].map { "compute/\($0)/config.json" }

  private func configuration(_ changes: KeyValuePairs<String, JSONValue>, of file: String) throws
    -> ModelConfiguration
  {
    let json = try JSONValue.parse(
      file: Vectors.path("formats/configs/\(file).json"), sizeLimit: 1 << 20)
    var object = try #require(json.objectValue)
    for (key, value) in changes { object[key] = value == "absent" ? nil : value }
    return try ModelConfiguration(json: .object(object), source: "config.json")
  }

  @Test(arguments: files)
  func whatIsWrittenIsReadBack(_ name: String) throws {
    let configuration = try ModelConfiguration.load(path: Vectors.path(name))
    let text = configuration.encoded(type: .BF16).encoded(pretty: true)
    let json = try JSONValue.parse(text, source: "encoded")
    #expect(try ModelConfiguration(json: json, source: "encoded") == configuration)
    #expect(json["torch_dtype"] == "bfloat16")
    #expect(configuration.attention.count == configuration.layerCount)
    #expect(configuration.attentionScale.count == configuration.layerCount)
  }

  @Test func gptNeoHasAlternatingWindowsAndNoScale() throws {
    let model = try configuration([:], of: "gpt_neo_tinystories_like")
    #expect(model.family == .gptNeo)
    #expect(model.hiddenSize == 64 && model.layerCount == 8 && model.headCount == 16)
    #expect(model.headSize == 4 && model.intermediateSize == 256 && model.maxPositions == 2048)
    #expect(
      model.attention == (0..<8).map { $0 % 2 == 0 ? .global : .local(window: 256) })
    #expect(model.attentionScale == [Double](repeating: 1, count: 8))
    #expect(
      model.tiedHead && !model.queryKeyValueBias && model.attentionOutputBias && model.mlpBias)
    #expect(
      model.rotation == [Rotation?](repeating: nil, count: 8) && model.endTokenIDs == [50256]
        && model.padTokenID == nil)
  }

  @Test func gpt2ScalesByHeadSizeAndLayer() throws {
    #expect(try configuration([:], of: "gpt2").attentionScale == [0.25, 0.25])
    #expect(
      try configuration(["scale_attn_by_inverse_layer_idx": true], of: "gpt2").attentionScale
        == [0.25, 0.125])
    #expect(
      try configuration(["scale_attn_weights": false], of: "gpt2").attentionScale == [1, 1])
    #expect(try configuration(["n_inner": 100], of: "gpt2").intermediateSize == 100)
  }

  @Test func llamaHasGroupedHeadsAndRotaryPositions() throws {
    let model = try configuration([:], of: "llama3_rope")
    #expect(model.headCount == 4 && model.keyValueHeadCount == 2 && model.headSize == 16)
    #expect(model.rotation.first??.theta == 500_000 && model.normEpsilon == 1e-6 && !model.tiedHead)
    #expect(
      model.rotation.first??.scaling
        == .llama3(
          factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxPositions: 8192))
    #expect(model.attentionScale == [0.25, 0.25])
    #expect(model.beginTokenID == 1 && model.endTokenIDs == [2])
    let smol = try configuration([:], of: "smollm2_like")
    #expect(
      smol.tiedHead && smol.rotation.first??.theta == 100_000
        && smol.rotation.first??.scaling == Rotation.Scaling.none)
    let biased = try configuration(["attention_bias": true, "mlp_bias": true], of: "llama")
    #expect(biased.queryKeyValueBias && biased.attentionOutputBias && biased.mlpBias)
  }

  @Test func qwenFamiliesDifferInBiasAndHeadSize() throws {
    let qwen2 = try configuration([:], of: "qwen2")
    #expect(qwen2.queryKeyValueBias && !qwen2.attentionOutputBias && qwen2.headSize == 16)
    #expect(qwen2.beginTokenID == nil && qwen2.endTokenIDs.isEmpty)
    let qwen3 = try configuration([:], of: "qwen3")
    #expect(!qwen3.queryKeyValueBias && qwen3.headSize == 32)
    #expect(try configuration(["head_dim": "absent"], of: "qwen3").headSize == 128)
  }

  /// transformers 4 writes rotary parameters at the top level.
  @Test func theOldFormMeansTheSameAsTheNew() throws {
    let new = try configuration([:], of: "llama3_rope")
    let scaling: JSONValue = [
      "rope_type": "llama3", "factor": 32, "low_freq_factor": 1, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 8192,
    ]
    let old = try configuration(
      [
        "rope_parameters": "absent", "rope_theta": 500000, "rope_scaling": scaling,
        "dtype": "absent", "torch_dtype": "float32",
      ], of: "llama3_rope")
    #expect(old == new)
    let plain = try configuration(
      ["rope_parameters": "absent", "rope_theta": 10000.0, "rope_scaling": .null], of: "llama")
    #expect(try plain == configuration([:], of: "llama"))
    let typed = try configuration(
      ["rope_parameters": "absent", "rope_scaling": ["type": "default"]], of: "llama")
    #expect(typed == plain)
  }

  @Test func missingValuesTakeTheClassDefaults() throws {
    func defaults(_ type: String) throws -> ModelConfiguration {
      try ModelConfiguration(json: ["model_type": .string(type)], source: "config.json")
    }
    let neo = try defaults("gpt_neo")
    #expect(neo.vocabularySize == 50257 && neo.hiddenSize == 2048 && neo.layerCount == 24)
    #expect(neo.attention[23] == .local(window: 256) && neo.intermediateSize == 8192)
    let gpt2 = try defaults("gpt2")
    #expect(gpt2.hiddenSize == 768 && gpt2.layerCount == 12 && gpt2.headCount == 12)
    let llama = try defaults("llama")
    #expect(llama.intermediateSize == 11008 && llama.keyValueHeadCount == 32)
    #expect(llama.maxPositions == 2048 && !llama.tiedHead && llama.rotation.first??.theta == 10000)
    let qwen = try defaults("qwen3")
    #expect(qwen.vocabularySize == 151936 && qwen.headSize == 128 && qwen.maxPositions == 32768)
    #expect(qwen.intermediateSize == 22016 && qwen.beginTokenID == nil)
  }

  @Test func endTokensMayBeOneSeveralOrNone() throws {
    #expect(try configuration(["eos_token_id": [2, 7]], of: "llama").endTokenIDs == [2, 7])
    #expect(try configuration(["eos_token_id": .null], of: "llama").endTokenIDs.isEmpty)
    #expect(try configuration(["eos_token_id": "absent"], of: "llama").endTokenIDs == [2])
    #expect(try configuration(["pad_token_id": -1], of: "llama").padTokenID == nil)
    let list = try configuration(["eos_token_id": [2, 7]], of: "llama")
    #expect(list.encoded()["eos_token_id"] == [2, 7])
  }

  private static let refusals: [(String, KeyValuePairs<String, JSONValue>, String)] = [
    ("llama", ["model_type": "mamba"], "model_type"),
    ("llama", ["model_type": "absent"], "model_type"), ("llama", ["model_type": 1], "model_type"),
    ("llama", ["hidden_act": "relu"], "hidden_act"),
    ("gpt2", ["activation_function": "relu"], "activation_function"),
    ("gpt2", ["add_cross_attention": true], "add_cross_attention"),
    ("llama", ["is_encoder_decoder": true], "is_encoder_decoder"),
    ("llama", ["quantization_config": ["bits": 4]], "quantization_config"),
    ("qwen3", ["layer_types": ["full_attention", "sliding_attention"]], "layer_types"),
    ("qwen3", ["layer_types": ["full_attention"]], "layer_types"),
    (
      "llama", ["rope_parameters": ["rope_type": "longrope", "factor": 2]],
      "rope_parameters.rope_type"
    ),
    ("llama", ["is_causal": false], "is_causal"),
    ("llama", ["attribute_map": ["rms_norm_eps": "foo"]], "attribute_map"),
    ("gpt2", ["n_head": 4, "num_attention_heads": 2], "num_attention_heads"),
    ("gpt2", ["n_layer": 2, "num_hidden_layers": 1], "num_hidden_layers"),
    ("llama", ["per_layer_config": ["0": [:]]], "per_layer_config"),
    ("llama", ["rope_scaling": ["type": "linear"]], "rope_scaling.factor"),
    ("llama", ["rope_scaling": ["type": "dynamic", "factor": 0.5]], "rope_scaling.factor"),
    (
      "llama", ["rope_scaling": ["type": "yarn", "rope_theta": 1, "factor": 2]],
      "rope_scaling.rope_theta"
    ),
    ("llama", ["text_config": ["model_type": "llama"]], "text_config"),
    ("llama", ["attn_logit_softcapping": 50.0], "attn_logit_softcapping"),
    ("llama", ["rope_parameters": ["full_attention": [:]]], "rope_parameters.full_attention"),
    ("llama", ["partial_rotary_factor": 0.5], "partial_rotary_factor"),
    (
      "llama3_rope", ["rope_parameters": ["rope_type": "llama3"]], "rope_parameters.low_freq_factor"
    ),
    ("llama", ["vocab_size": 0], "vocab_size"), ("llama", ["vocab_size": 4_194_305], "vocab_size"),
    ("llama", ["vocab_size": 2048.0], "vocab_size"),
    ("llama", ["vocab_size": "2048"], "vocab_size"),
    ("llama", ["vocab_size": -1], "vocab_size"),
    ("llama", ["vocab_size": 9_223_372_036_854_775_807], "vocab_size"),
    ("llama", ["vocab_size": .unsigned(.max)], "vocab_size"),
    ("llama", ["hidden_size": 65537], "hidden_size"),
    ("llama", ["num_hidden_layers": 0], "num_hidden_layers"),
    ("llama", ["num_hidden_layers": 1025], "num_hidden_layers"),
    ("llama", ["num_attention_heads": 0], "num_attention_heads"),
    ("llama", ["num_attention_heads": 3], "num_attention_heads"),
    ("llama", ["num_key_value_heads": 3], "num_key_value_heads"),
    ("llama", ["num_key_value_heads": 0], "num_key_value_heads"),
    ("llama", ["head_dim": 15], "head_dim"), ("llama", ["head_dim": 100_000], "head_dim"),
    ("llama", ["intermediate_size": 1_048_576], "intermediate_size"),
    ("llama", ["max_position_embeddings": 33_554_432], "max_position_embeddings"),
    ("llama", ["rms_norm_eps": -1e-6], "rms_norm_eps"),
    ("llama", ["rms_norm_eps": 2], "rms_norm_eps"),
    ("llama", ["rope_parameters": ["rope_theta": 0]], "rope_parameters.rope_theta"),
    ("llama", ["initializer_range": 1.5], "initializer_range"),
    ("llama", ["tie_word_embeddings": 1], "tie_word_embeddings"),
    ("llama", ["eos_token_id": [1.5]], "eos_token_id"),
    ("llama", ["bos_token_id": -2], "bos_token_id"),
    ("gpt2", ["n_head": 5], "n_head"), ("gpt2", ["n_embd": 131_072], "n_embd"),
    (
      "gpt_neo_tinystories_like", ["attention_types": [[["global", "local"], 5]]], "attention_types"
    ),
    (
      "gpt_neo_tinystories_like", ["attention_types": [[["global"], 9_000_000_000_000]]],
      "attention_types"
    ),
    (
      "gpt_neo_tinystories_like",
      ["attention_types": [[["sparse"], 8]], "attention_layers": "absent"], "attention_types"
    ),
    ("gpt_neo_tinystories_like", ["attention_types": [[["local"], 8]]], "attention_layers"),
    ("gpt_neo_tinystories_like", ["attention_types": [["global", 8]]], "attention_types"),
    (
      "gpt_neo_tinystories_like", ["attention_types": "absent", "attention_layers": "absent"],
      "attention_types"
    ),
    ("gpt_neo_tinystories_like", ["window_size": 0], "window_size"),
  ]

  @Test(arguments: refusals.indices)
  func whatCannotBeComputedIsRefusedByName(_ index: Int) throws {
    let (file, changes, key) = Self.refusals[index]
    let error = #expect(throws: ConfigurationError.self) { try configuration(changes, of: file) }
    #expect(error?.what == "config.json: \(key)")
    #expect(error?.kind == .invalidData)
  }

  @Test func aHugeRepetitionTakesNoMemory() throws {
    let groups = JSONValue.array([JSONValue](repeating: [["global"], 1000], count: 100_000))
    #expect(throws: ConfigurationError.self) {
      try configuration(["attention_types": groups], of: "gpt_neo_tinystories_like")
    }
  }

  @Test func whatIsNoConfigurationIsRefused() throws {
    #expect(throws: ConfigurationError.notAnObject(source: "c")) {
      try ModelConfiguration(json: [1], source: "c")
    }
    let folder = try TemporaryFolder()
    #expect(throws: FileError.missing(path: folder.file("config.json"))) {
      try ModelConfiguration.load(path: folder.path)
    }
    try folder.write("{", to: "config.json")
    #expect(throws: JSONError.self) { try ModelConfiguration.load(path: folder.path) }
  }
}
