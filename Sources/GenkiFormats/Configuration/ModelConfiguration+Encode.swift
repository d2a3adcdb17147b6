import GenkiCore

extension ModelConfiguration {
  /// The class name that transformers uses for the family.
  public var architecture: String {
    switch family {
    case .gptNeo: "GPTNeoForCausalLM"
    case .gpt2: "GPT2LMHeadModel"
    case .llama: "LlamaForCausalLM"
    case .qwen2: "Qwen2ForCausalLM"
    case .qwen3: "Qwen3ForCausalLM"
    }
  }

  /// The `config.json` of this model, in the keys of transformers 4, which transformers 5 reads too.
  ///
  /// Reading it back gives an equal configuration. `type` is the storage type of the weights.
  public func encoded(type: TensorType = .F32) -> JSONValue {
    var object: JSONObject = [
      "architectures": [.string(architecture)],
      "model_type": .string(family.rawValue),
      "torch_dtype": .string(type.configurationName),
      "vocab_size": JSONValue(vocabularySize),
    ]
    switch family {
    case .gptNeo: encodeGPTNeo(into: &object)
    case .gpt2: encodeGPT2(into: &object)
    case .llama, .qwen2, .qwen3: encodeRotary(into: &object)
    }
    object["initializer_range"] = .number(initializerRange)
    object["tie_word_embeddings"] = .bool(tiedHead)
    object["use_cache"] = true
    object["bos_token_id"] = beginTokenID.map { JSONValue($0) } ?? .null
    object["eos_token_id"] =
      endTokenIDs.count > 1
      ? .array(endTokenIDs.map { JSONValue($0) })
      : endTokenIDs.first.map { JSONValue($0) } ?? .null
    object["pad_token_id"] = padTokenID.map { JSONValue($0) } ?? .null
    return .object(object)
  }

  private func encodeGPTNeo(into object: inout JSONObject) {
    let names: [JSONValue] = attention.map { $0 == .global ? "global" : "local" }
    let period =
      (1...max(1, names.count)).first { period in
        names.count % period == 0
          && names.indices.allSatisfy { names[$0] == names[$0 % period] }
      } ?? names.count
    let window = attention.lazy.compactMap { kind -> Int? in
      if case .local(let window) = kind { return window }
      return nil
    }.first
    object["hidden_size"] = JSONValue(hiddenSize)
    object["num_layers"] = JSONValue(layerCount)
    object["num_heads"] = JSONValue(headCount)
    object["intermediate_size"] = JSONValue(intermediateSize)
    object["max_position_embeddings"] = JSONValue(maxPositions)
    object["attention_types"] = [
      [.array(Array(names.prefix(period))), JSONValue(names.count / max(1, period))]
    ]
    object["attention_layers"] = .array(names)
    object["window_size"] = JSONValue(window ?? 256)
    object["activation_function"] = "gelu_new"
    object["layer_norm_epsilon"] = .number(normEpsilon)
    for key in ["attention_dropout", "embed_dropout", "resid_dropout"] { object[key] = 0.0 }
  }

  private func encodeGPT2(into object: inout JSONObject) {
    object["n_embd"] = JSONValue(hiddenSize)
    object["n_layer"] = JSONValue(layerCount)
    object["n_head"] = JSONValue(headCount)
    object["n_inner"] = JSONValue(intermediateSize)
    object["n_positions"] = JSONValue(maxPositions)
    object["n_ctx"] = JSONValue(maxPositions)
    object["activation_function"] = "gelu_new"
    object["layer_norm_epsilon"] = .number(normEpsilon)
    object["scale_attn_weights"] = .bool(attentionScale.first != 1 || headSize == 1)
    object["scale_attn_by_inverse_layer_idx"] = .bool(
      attentionScale.count > 1 && attentionScale[1] != attentionScale[0])
    for key in ["attn_pdrop", "embd_pdrop", "resid_pdrop"] { object[key] = 0.0 }
  }

  private func encodeRotary(into object: inout JSONObject) {
    object["hidden_size"] = JSONValue(hiddenSize)
    object["num_hidden_layers"] = JSONValue(layerCount)
    object["num_attention_heads"] = JSONValue(headCount)
    object["num_key_value_heads"] = JSONValue(keyValueHeadCount)
    object["head_dim"] = JSONValue(headSize)
    object["intermediate_size"] = JSONValue(intermediateSize)
    object["max_position_embeddings"] = JSONValue(maxPositions)
    object["hidden_act"] = "silu"
    object["rms_norm_eps"] = .number(normEpsilon)
    object["attention_dropout"] = 0.0
    object["rope_theta"] = .number(ropeTheta ?? 10000)
    object["rope_scaling"] = ropeScalingJSON
    switch family {
    case .llama:
      object["attention_bias"] = .bool(queryKeyValueBias)
      object["mlp_bias"] = .bool(mlpBias)
    case .qwen3: object["attention_bias"] = .bool(queryKeyValueBias)
    default: break
    }
    if family != .llama {
      object["use_sliding_window"] = false
      object["sliding_window"] = .null
    }
  }

  private var ropeScalingJSON: JSONValue {
    guard
      case .llama3(let factor, let low, let high, let positions) = ropeScaling
    else { return .null }
    return [
      "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": .number(low),
      "high_freq_factor": .number(high),
      "original_max_position_embeddings": JSONValue(positions),
    ]
  }
}
