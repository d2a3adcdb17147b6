import GenkiCore

extension ModelFamily {
  /// GPT-Neo, the family of TinyStories: LayerNorm, learned positions, windows in every other layer, and scores
  /// without a factor.
  public static let gptNeo: ModelFamily = {
    return ModelFamily(
      "gpt_neo", architecture: "GPTNeoForCausalLM",
      buffers: [".attn.attention.bias", ".attn.attention.masked_bias"],
      read: { reader in
        let heads = try reader.int(
          "num_heads", "num_attention_heads", default: 16, in: ModelBounds.heads)
        let width = try reader.int("hidden_size", default: 2048, in: ModelBounds.width)
        let layers = try reader.int(
          "num_layers", "num_hidden_layers", default: 24, in: ModelBounds.layers)
        return ModelConfiguration(
          family: .gptNeo,
          vocabularySize: try ModelConfiguration.vocabulary(reader, default: 50257),
          hiddenSize: width, layerCount: layers, headCount: heads, keyValueHeadCount: heads,
          headSize: try ModelConfiguration.headSize(
            reader, width: width, heads: heads, "num_heads"),
          intermediateSize: try reader.int(
            "intermediate_size", default: 4 * width, in: ModelBounds.intermediate),
          maxPositions: try reader.int(
            "max_position_embeddings", default: 2048, in: ModelBounds.positions),
          normEpsilon: try reader.double(
            "layer_norm_epsilon", default: 1e-5, in: ModelBounds.epsilon),
          tiedHead: try reader.bool("tie_word_embeddings", default: true),
          attention: try GPTNeoAttention.attention(reader, layers: layers),
          attentionScale: [Double](repeating: 1, count: layers),
          rotation: [Rotation?](repeating: nil, count: layers), queryKeyValueBias: false,
          attentionOutputBias: true, mlpBias: true,
          activation: try ModelConfiguration.activation(
            reader, "activation_function", default: .geluTanh),
          initializerRange: try ModelConfiguration.initializerRange(reader),
          beginTokenID: try ModelConfiguration.tokenID(reader, "bos_token_id", default: 50256),
          endTokenIDs: try ModelConfiguration.endTokenIDs(reader, default: 50256),
          padTokenID: try ModelConfiguration.tokenID(reader, "pad_token_id", default: nil))
      },
      write: { c, object in
        object["hidden_size"] = JSONValue(c.hiddenSize)
        object["num_layers"] = JSONValue(c.layerCount)
        object["num_heads"] = JSONValue(c.headCount)
        object["intermediate_size"] = JSONValue(c.intermediateSize)
        object["max_position_embeddings"] = JSONValue(c.maxPositions)
        GPTNeoAttention.write(c, into: &object)
        object["activation_function"] = .string(c.activation.oldName)
        object["layer_norm_epsilon"] = .number(c.normEpsilon)
        for key in ["attention_dropout", "embed_dropout", "resid_dropout"] { object[key] = 0.0 }
      },
      parts: { c in
        let width = c.hiddenSize
        let blocks = (0..<c.layerCount).map { index in
          let path = "transformer.h.\(index)"
          let attention = path + ".attn.attention."
          func projection(_ name: String) -> LinearPart {
            LinearPart(attention + name, width, c.queryWidth, bias: c.queryKeyValueBias)
          }
          return BlockPart(
            attentionNorm: NormPart(path + ".ln_1", width, .layer),
            attention: AttentionPart(
              .separate(
                query: projection("q_proj"), key: projection("k_proj"),
                value: projection("v_proj")),
              output: LinearPart(
                attention + "out_proj", c.queryWidth, width, bias: c.attentionOutputBias)),
            attentionOutputNorm: nil, mlpNorm: NormPart(path + ".ln_2", width, .layer),
            mlp: .plain(
              expand: LinearPart(path + ".mlp.c_fc", width, c.intermediateSize, bias: c.mlpBias),
              contract: LinearPart(
                path + ".mlp.c_proj", c.intermediateSize, width, bias: c.mlpBias)),
            mlpOutputNorm: nil)
        }
        return ModelParts(
          tokenEmbedding: "transformer.wte.weight", positionEmbedding: "transformer.wpe.weight",
          blocks: blocks, finalNorm: NormPart("transformer.ln_f", width, .layer),
          head: "lm_head.weight")
      })
  }()
}
