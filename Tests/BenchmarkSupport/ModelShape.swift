import GenkiCore
import GenkiFormats

/// A model that is measured: its name and its `config.json`, so that no folder of models is needed.
///
/// Shapes are those of published models; weights are random, which costs the same arithmetic.
package struct ModelShape: Sendable, Equatable {
  /// The name of its folder in the cache.
  package let name: String
  /// Its `config.json`.
  package let json: JSONValue

  /// The parsed configuration.
  package func configuration() throws -> ModelConfiguration {
    try ModelConfiguration(json: json, source: "the shape \(name)")
  }

  /// TinyStories-1M: GPT-Neo, where nearly all arithmetic is the head's.
  package static let tinyStories1M = gptNeo(
    "tinystories-1m", hidden: 64, layers: 8, heads: 16, vocabulary: 50257, window: 256,
    positions: 2048)

  /// TinyStories-33M: GPT-Neo, four layers as wide as GPT-2's.
  package static let tinyStories33M = gptNeo(
    "tinystories-33m", hidden: 768, layers: 4, heads: 16, vocabulary: 50257, window: 256,
    positions: 2048)

  /// The model of `deploy/demo`, as config/demo/config.json has it.
  package static let demo = gptNeo(
    "demo", hidden: 128, layers: 4, heads: 4, vocabulary: 1024, window: 64, positions: 256)

  /// GPT-2 with 124 million weights.
  package static let gpt2 = ModelShape(
    name: "gpt2-124m",
    json: [
      "model_type": "gpt2", "vocab_size": 50257, "n_embd": 768, "n_layer": 12, "n_head": 12,
      "n_positions": 1024, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
      "tie_word_embeddings": true, "bos_token_id": 50256, "eos_token_id": 50256,
    ])

  /// A GPT-2 of 25 million weights.
  package static let gpt2Small = ModelShape(
    name: "gpt2-25m",
    json: [
      "model_type": "gpt2", "vocab_size": 11500, "n_embd": 512, "n_layer": 6, "n_head": 8,
      "n_positions": 512, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
      "tie_word_embeddings": true, "bos_token_id": 0, "eos_token_id": 0,
    ])

  /// SmolLM2 with 135 million weights: Llama with grouped keys and values.
  package static let smolLM2 = ModelShape(
    name: "smollm2-135m",
    json: [
      "model_type": "llama", "vocab_size": 49152, "hidden_size": 576, "num_hidden_layers": 30,
      "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
      "max_position_embeddings": 8192, "rope_theta": 100000.0, "rms_norm_eps": 1e-5,
      "hidden_act": "silu", "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2,
    ])

  /// Gemma 3 with 268 million weights, two thirds of them the tied table.
  package static let gemma3 = ModelShape(
    name: "gemma3-270m",
    json: [
      "model_type": "gemma3_text", "vocab_size": 262144, "hidden_size": 640,
      "num_hidden_layers": 18, "num_attention_heads": 4, "num_key_value_heads": 1,
      "head_dim": 256, "intermediate_size": 2048, "query_pre_attn_scalar": 256,
      "sliding_window": 512,
      // Every sixth layer sees everything.
      "layer_types": .array(
        (1...18).map { $0 % 6 == 0 ? "full_attention" : "sliding_attention" }),
      "rope_theta": 1_000_000.0, "rope_local_base_freq": 10_000.0,
      "max_position_embeddings": 32768, "hidden_activation": "gelu_pytorch_tanh",
      "rms_norm_eps": 1e-6, "attention_bias": false, "tie_word_embeddings": true,
      "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
    ])

  /// Pythia with 162 million weights: GPT-NeoX with a head of its own.
  package static let pythia = ModelShape(
    name: "pythia-160m",
    json: [
      "model_type": "gpt_neox", "vocab_size": 50304, "hidden_size": 768,
      "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
      "rotary_pct": 0.25, "rotary_emb_base": 10000, "max_position_embeddings": 2048,
      "use_parallel_residual": true, "hidden_act": "gelu", "layer_norm_eps": 1e-5,
      "tie_word_embeddings": false, "bos_token_id": 0, "eos_token_id": 0,
    ])

  private static func gptNeo(
    _ name: String, hidden: Int, layers: Int, heads: Int, vocabulary: Int, window: Int,
    positions: Int
  ) -> ModelShape {
    ModelShape(
      name: name,
      json: [
        "model_type": "gpt_neo", "vocab_size": JSONValue(vocabulary),
        "hidden_size": JSONValue(hidden), "num_layers": JSONValue(layers),
        "num_heads": JSONValue(heads),
        "attention_types": [[["global", "local"], JSONValue(layers / 2)]],
        "window_size": JSONValue(window), "max_position_embeddings": JSONValue(positions),
        "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
        "bos_token_id": 0, "eos_token_id": 0,
      ])
  }
}
