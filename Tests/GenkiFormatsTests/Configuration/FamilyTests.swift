import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// What each family's `config.json` means, by the classes of transformers 5.24.
@Suite struct FamilyTests {
  private func read(_ object: JSONObject) throws -> ModelConfiguration {
    try ModelConfiguration(json: .object(object), source: "config.json")
  }

  private func read(
    _ type: String, _ others: KeyValuePairs<String, JSONValue> = [:]
  ) throws -> ModelConfiguration {
    var object: JSONObject = ["model_type": .string(type)]
    for (key, value) in others { object[key] = value }
    return try read(object)
  }

  /// Vocabulary, width, intermediate, layers, heads, key/value heads, head size, positions.
  private static let defaults: [(String, [Int])] = [
    ("llama", [32000, 4096, 11008, 32, 32, 32, 128, 2048]),
    ("mistral", [32000, 4096, 14336, 32, 32, 8, 128, 131_072]),
    ("qwen2", [151_936, 4096, 22016, 32, 32, 32, 128, 32768]),
    ("qwen3", [151_936, 4096, 22016, 32, 32, 32, 128, 32768]),
    ("smollm3", [128_256, 2048, 11008, 36, 16, 4, 128, 32768]),
    ("olmo2", [50304, 4096, 11008, 32, 32, 32, 128, 2048]),
    ("gemma3_text", [262_208, 2304, 9216, 26, 8, 4, 256, 131_072]),
    ("gpt_neox", [50432, 6144, 24576, 44, 64, 64, 96, 2048]),
    ("phi3", [32064, 3072, 8192, 32, 32, 32, 96, 4096]),
    ("granite", [32000, 4096, 11008, 32, 32, 32, 128, 2048]),
    ("gpt_neo", [50257, 2048, 8192, 24, 16, 16, 128, 2048]),
    ("gpt2", [50257, 768, 3072, 12, 12, 12, 64, 1024]),
  ]

  @Test func everyFamilyHasItsClassDefaults() throws {
    #expect(Set(Self.defaults.map(\.0)) == Set(ModelFamily.all.map(\.name)))
    for (type, sizes) in Self.defaults {
      let c = try read(type)
      #expect(
        [
          c.vocabularySize, c.hiddenSize, c.intermediateSize, c.layerCount, c.headCount,
          c.keyValueHeadCount, c.headSize, c.maxPositions,
        ] == sizes, "\(type)")
      let written = try JSONValue.parse(c.encoded().encoded(), source: "written")
      #expect(try ModelConfiguration(json: written, source: "written") == c, "\(type)")
    }
  }

  @Test func windowsOfLayers() throws {
    let missing = try read("mistral", ["num_hidden_layers": 2])
    #expect(missing.attention == [.local(window: 4096), .local(window: 4096)])
    let none = try read("mistral", ["num_hidden_layers": 2, "sliding_window": .null])
    #expect(none.attention == [.global, .global])
    let qwen = try read(
      "qwen2",
      [
        "num_hidden_layers": 3, "use_sliding_window": true, "sliding_window": 7,
        "max_window_layers": 2,
      ])
    #expect(qwen.attention == [.global, .global, .local(window: 7)])
    let off = try read("qwen3", ["num_hidden_layers": 2, "sliding_window": 7])
    #expect(off.attention == [.global, .global])
    let gemma = try read("gemma3_text", ["sliding_window_pattern": 3, "num_hidden_layers": 6])
    let local = ModelConfiguration.AttentionKind.local(window: 4096)
    #expect(gemma.attention == [local, local, .global, local, local, .global])
    #expect(gemma.rotation.map { $0?.theta } == [1e4, 1e4, 1e6, 1e4, 1e4, 1e6])
    #expect(gemma.embeddingScale == 48 && gemma.attentionScale[0] == 1.0 / 16)
  }

  @Test func rotationOfLayers() throws {
    let every = try read("smollm3", ["num_hidden_layers": 8])
    #expect(every.rotation.map { $0 != nil } == [true, true, true, false, true, true, true, false])
    let sliding = try read(
      "smollm3",
      [
        "num_hidden_layers": 2, "no_rope_layers": [0, 1], "use_sliding_window": true,
        "sliding_window": 5,
      ])
    #expect(sliding.rotation.map { $0 != nil } == [false, true])
    #expect(sliding.attention == [.local(window: 5), .global])
    let pythia = try read("gpt_neox", ["rotary_pct": 0.25, "rotary_emb_base": 5000])
    #expect(pythia.rotation[0]?.dimensions == 24 && pythia.rotation[0]?.theta == 5000)
    let phi = try read("phi3", ["partial_rotary_factor": 0.75])
    #expect(phi.rotation[0]?.dimensions == 72)
  }

  @Test func stretchedRotation() throws {
    func scaling(_ value: JSONValue) throws -> Rotation.Scaling? {
      try read("llama", ["rope_scaling": value, "max_position_embeddings": 4096]).rotation[0]?
        .scaling
    }
    #expect(try scaling(["type": "linear", "factor": 4]) == .linear(factor: 4))
    #expect(try scaling(["rope_type": "dynamic", "factor": 2.5]) == .dynamic(factor: 2.5))
    guard case .yarn(let yarn) = try scaling(["rope_type": "yarn", "factor": 4]) else {
      Issue.record("no yarn")
      return
    }
    // 0.1 ln 4 + 1.
    #expect(abs(yarn.attentionFactor - 1.138629436111989) < 1e-15)
    #expect(yarn.betaFast == 32 && yarn.betaSlow == 1 && yarn.originalMaxPositions == 4096)
    guard
      case .yarn(let both) = try scaling([
        "rope_type": "yarn", "factor": 40, "mscale": 0.707, "mscale_all_dim": 1,
        "beta_fast": 0, "original_max_position_embeddings": 1024,
      ])
    else {
      Issue.record("no yarn")
      return
    }
    // (0.0707 ln 40 + 1) / (0.1 ln 40 + 1).
    #expect(abs(both.attentionFactor - 0.9210421) < 1e-6 && both.betaFast == 32)
    guard
      case .yarn(let stretched) = try scaling([
        "rope_type": "yarn", "original_max_position_embeddings": 1024,
      ])
    else {
      Issue.record("no yarn")
      return
    }
    #expect(stretched.factor == 4)
  }

  /// Where versions of transformers look for a value.
  @Test func valuesThatStandTwice() throws {
    let share = try read("gpt_neox", ["partial_rotary_factor": 0.5, "rotary_pct": 0.25])
    #expect(share.rotation[0]?.dimensions == 24)
    guard
      case .yarn(let gemma) = try read(
        "gemma3_text",
        [
          "original_max_position_embeddings": 7,
          "rope_parameters": [
            "full_attention": [
              "rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 1024,
            ], "sliding_attention": ["rope_type": "default"],
          ],
        ]
      ).rotation[5]?.scaling,
      case .yarn(let llama) = try read(
        "llama",
        [
          "original_max_position_embeddings": 7,
          "rope_scaling": [
            "rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 1024,
            "truncate": .null,
          ],
        ]
      ).rotation[5]?.scaling
    else {
      Issue.record("no yarn")
      return
    }
    #expect(gemma.originalMaxPositions == 1024 && gemma.truncates)
    #expect(llama.originalMaxPositions == 7 && !llama.truncates)
  }

  @Test func gemmasLayersAreWrittenAsTheyAre() throws {
    let linear: JSONValue = ["rope_type": "linear", "factor": 2, "rope_theta": 5000]
    let plain: JSONValue = ["rope_type": "default", "rope_theta": 1e6]
    for parameters in [(linear, plain), (plain, linear), (linear, linear)] {
      let c = try read(
        "gemma3_text",
        ["rope_parameters": ["full_attention": parameters.0, "sliding_attention": parameters.1]])
      #expect(try ModelConfiguration(json: c.encoded(), source: "written") == c)
    }
    let full = try read("gemma3_text", ["sliding_window_pattern": 1])
    #expect(full.attention.allSatisfy { $0 == .global })
    let written = full.encoded()
    #expect(try ModelConfiguration(json: written, source: "written") == full)
    // transformers needs to be told that no layer has a window.
    #expect(written["layer_types"]?.arrayValue?.count == 26)
    #expect(written["sliding_window"] == 4096)
  }

  /// As the `padding_idx` of PyTorch's embeddings.
  @Test func thePaddingsRowIsFrozenWhereTheClassHasOne() throws {
    #expect(try read("llama", ["pad_token_id": 5]).frozenInputID == 5)
    #expect(try read("llama", ["pad_token_id": -1, "vocab_size": 10]).frozenInputID == 9)
    #expect(try read("llama", ["pad_token_id": 10, "vocab_size": 10]).frozenInputID == nil)
    #expect(try read("llama").frozenInputID == nil)
    #expect(try read("phi3").frozenInputID == 32000)
    #expect(try read("phi3", ["pad_token_id": .null]).frozenInputID == nil)
    for type in ["gpt2", "gpt_neo", "gpt_neox"] {
      #expect(try read(type, ["pad_token_id": 5]).frozenInputID == nil)
    }
    let negative = try read("llama", ["pad_token_id": -1, "vocab_size": 10])
    let again = try ModelConfiguration(json: negative.encoded(), source: "written")
    #expect(again == negative)
  }

  private static let refusals: [(String, KeyValuePairs<String, JSONValue>, String)] = [
    ("mistral", ["layer_types": ["full_attention"]], "layer_types"),
    ("mistral", ["sliding_window": 0], "sliding_window"),
    ("qwen2", ["num_hidden_layers": 1, "layer_types": ["sliding_attention"]], "layer_types"),
    ("qwen2", ["num_hidden_layers": 1, "layer_types": ["chunked_attention"]], "layer_types"),
    ("qwen2", ["layer_types": "full_attention"], "layer_types"),
    ("smollm3", ["no_rope_layers": [1]], "no_rope_layers"),
    ("smollm3", ["num_hidden_layers": 1, "no_rope_layers": [2]], "no_rope_layers"),
    ("smollm3", ["no_rope_layer_interval": 0], "no_rope_layer_interval"),
    (
      "gemma3_text", ["rope_parameters": ["rope_theta": 1e6]], "rope_parameters.full_attention"
    ),
    ("gemma3_text", ["final_logit_softcapping": 30], "final_logit_softcapping"),
    ("gemma3_text", ["use_bidirectional_attention": true], "use_bidirectional_attention"),
    ("gemma3_text", ["query_pre_attn_scalar": 0], "query_pre_attn_scalar"),
    ("gemma3_text", ["num_attention_heads": 7], "num_attention_heads"),
    ("gpt_neox", ["rotary_pct": 0.27], "rotary_pct"), ("gpt_neox", ["rotary_pct": 0], "rotary_pct"),
    ("gpt_neox", ["rotary_pct": 1.5], "rotary_pct"),
    ("gpt_neox", ["hidden_act": "relu"], "hidden_act"), ("gpt_neox", ["head_dim": 64], "head_dim"),
    (
      "gpt_neox", ["rope_parameters": ["partial_rotary_factor": 0.27]],
      "rope_parameters.partial_rotary_factor"
    ),
    ("gemma3_text", ["sliding_window": .null], "sliding_window"),
    ("gemma3_text", ["rope_scaling": ["type": "linear", "factor": 8]], "rope_scaling.type"),
    (
      "gemma3_text",
      [
        "rope_scaling": ["rope_type": "linear", "factor": 8],
        "rope_parameters": ["full_attention": [:], "sliding_attention": [:]],
      ], "rope_scaling"
    ),
    (
      "gemma3_text",
      [
        "rope_parameters": [
          "full_attention": ["rope_type": "yarn", "factor": 2, "truncate": false],
          "sliding_attention": [:],
        ]
      ], "rope_parameters.full_attention.truncate"
    ),
    ("phi3", ["rope_scaling": ["type": "longrope"]], "rope_scaling.type"),
    ("phi3", ["rope_scaling": ["type": "su"]], "rope_scaling.type"),
    ("phi3", ["rope_scaling": ["rope_type": "yarn"]], "rope_scaling.rope_type"),
    ("granite", ["logits_scaling": 0], "logits_scaling"),
    ("granite", ["residual_multiplier": -1], "residual_multiplier"),
    ("gemma2", ["attn_logit_softcapping": 50], "attn_logit_softcapping"),
    ("gemma3", ["text_config": ["model_type": "gemma3_text"]], "text_config"),
  ]

  @Test(arguments: refusals.indices)
  func whatIsNotComputedIsRefusedByName(_ index: Int) throws {
    let (type, changes, key) = Self.refusals[index]
    let error = #expect(throws: ConfigurationError.self) { try read(type, changes) }
    #expect(error?.what == "config.json: \(key)")
  }

  @Test func aPartOfALargerModelIsRefusedWithTheTypeThatWorks() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try read("gemma3", ["text_config": ["model_type": "gemma3_text", "hidden_size": 64]])
    }
    let words = "\(try #require(error))"
    for part in ["gemma3", "gemma3_text", "text_config"] {
      #expect(words.contains(part), "\(words)")
    }
    let caps = #expect(throws: ConfigurationError.self) {
      try read("gemma2", ["attn_logit_softcapping": 50])
    }
    #expect("\(try #require(caps))".contains("gemma3_text"))
  }
}
