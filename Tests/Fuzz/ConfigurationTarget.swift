import GenkiCore

/// A model's configuration. What is read is within its bounds, and what is written of it means the same.
enum ConfigurationTarget: FuzzTarget {
  static func seeds() throws -> [[UInt8]] {
    let own = [
      "llama": #""rope_scaling":{"rope_type":"yarn","factor":4,"mscale":0.7,"mscale_all_dim":1}"#,
      "mistral": #""sliding_window":6,"head_dim":12"#,
      "qwen2": #""use_sliding_window":true,"max_window_layers":1,"sliding_window":4"#,
      "qwen3": #""layer_types":["full_attention","full_attention"]"#,
      "smollm3": #""no_rope_layers":[1,0],"pad_token_id":-1"#, "olmo2": #""pad_token_id":3"#,
      "gemma3_text":
        #""rope_parameters":{"full_attention":{"rope_type":"linear","factor":2},"sliding_attention":{}}"#,
      "phi3": #""partial_rotary_factor":0.5,"sliding_window":7"#,
      "granite": #""residual_multiplier":0.6,"logits_scaling":8"#,
      "gpt_neox": #""rotary_pct":0.25,"use_parallel_residual":false,"hidden_act":"gelu_new""#,
      "gpt_neo": #""attention_types":[[["global","local"],1]],"num_layers":2"#,
      "gpt2": #""n_layer":2,"scale_attn_by_inverse_layer_idx":true"#,
    ]
    return own.sorted { $0.key < $1.key }.map { type, rest in
      Array(
        (#"{"model_type":"\#(type)","vocab_size":50,"hidden_size":32,"num_hidden_layers":2,"#
          + #""num_attention_heads":4,"num_key_value_heads":2,\#(rest)}"#).utf8)
    }
  }

  static func run(_ bytes: [UInt8]) throws {
    let json = try JSONValue.parse(String(decoding: bytes, as: UTF8.self), source: "config.json")
    let read = try ModelConfiguration(json: json, source: "config.json")
    expect(read.attention.count == read.layerCount, "attention of other layers")
    expect(read.attentionScale.count == read.layerCount, "factors of other layers")
    expect(read.rotation.count == read.layerCount, "rotations of other layers")
    expect(
      read.rotation.allSatisfy { $0.map { $0.dimensions % 2 == 0 } ?? true }, "half a pair rotates")
    expect(
      read.rotation.allSatisfy { $0.map { $0.dimensions <= read.headSize } ?? true },
      "more than a head rotates")
    expect(read.frozenInputID.map { $0 < read.vocabularySize } ?? true, "a row that is not there")
    let again: ModelConfiguration
    do {
      again = try ModelConfiguration(
        json: JSONValue.parse(read.encoded().encoded(), source: "written"), source: "written")
    } catch {
      preconditionFailure("what was written cannot be read: \(error)")
    }
    expect(read == again, "another configuration is written")
    expect(read.parts.blocks.count == read.layerCount, "parts of other layers")
  }
}
