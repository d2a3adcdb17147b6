import GenkiCore

extension ModelFamily {
  /// GPT-NeoX and Pythia: LayerNorm, one matrix for a head's query, key and value after the other, a part of
  /// each head rotates, and attention and MLP usually stand side by side.
  public static let gptNeoX: ModelFamily = {
    let classTheta = 10000.0
    return ModelFamily(
      "gpt_neox", architecture: "GPTNeoXForCausalLM",
      buffers: [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"],
      read: { reader in
        let heads = try reader.int("num_attention_heads", default: 64, in: ModelBounds.heads)
        let width = try reader.int("hidden_size", default: 6144, in: ModelBounds.width)
        let layers = try reader.int("num_hidden_layers", default: 44, in: ModelBounds.layers)
        let headSize = try ModelConfiguration.headSize(
          reader, width: width, heads: heads, "num_attention_heads")
        if let size = try reader.optionalInt("head_dim", in: ModelBounds.headSize),
          size != headSize
        {
          throw reader.inconsistent("head_dim", "is not hidden_size / num_attention_heads")
        }
        let positions = try reader.int(
          "max_position_embeddings", default: 2048, in: ModelBounds.positions)
        let rotation = try RotationReader(
          reader: reader, headSize: headSize, maxPositions: positions, theta: classTheta,
          thetaKey: "rotary_emb_base", isPartial: true, shareKey: "rotary_pct", share: 0.25
        ).rotation()
        let attentionBias = try reader.bool("attention_bias", default: true)
        return ModelConfiguration(
          family: .gptNeoX,
          vocabularySize: try ModelConfiguration.vocabulary(reader, default: 50432),
          hiddenSize: width, layerCount: layers, headCount: heads, keyValueHeadCount: heads,
          headSize: headSize,
          intermediateSize: try reader.int(
            "intermediate_size", default: 24576, in: ModelBounds.intermediate),
          maxPositions: positions,
          normEpsilon: try reader.double(
            "layer_norm_eps", default: 1e-5, in: ModelBounds.epsilon),
          tiedHead: try reader.bool("tie_word_embeddings", default: false),
          attention: [ModelConfiguration.AttentionKind](repeating: .global, count: layers),
          attentionScale: [Double](repeating: 1 / Double(headSize).squareRoot(), count: layers),
          rotation: [Rotation?](repeating: rotation, count: layers),
          queryKeyValueBias: attentionBias, attentionOutputBias: attentionBias, mlpBias: true,
          activation: try ModelConfiguration.activation(reader, "hidden_act", default: .gelu),
          initializerRange: try ModelConfiguration.initializerRange(reader),
          beginTokenID: try ModelConfiguration.tokenID(reader, "bos_token_id", default: 0),
          endTokenIDs: try ModelConfiguration.endTokenIDs(reader, default: 2),
          padTokenID: try ModelConfiguration.tokenID(reader, "pad_token_id", default: nil),
          isParallel: try reader.bool("use_parallel_residual", default: true))
      },
      write: { c, object in
        let rotation = c.rotation.first ?? nil
        object["hidden_size"] = JSONValue(c.hiddenSize)
        object["num_hidden_layers"] = JSONValue(c.layerCount)
        object["num_attention_heads"] = JSONValue(c.headCount)
        object["intermediate_size"] = JSONValue(c.intermediateSize)
        object["max_position_embeddings"] = JSONValue(c.maxPositions)
        object["hidden_act"] = .string(c.activation.name)
        object["layer_norm_eps"] = .number(c.normEpsilon)
        object["rotary_emb_base"] = .number(rotation?.theta ?? classTheta)
        object["rotary_pct"] = .number(rotation?.share(of: c.headSize) ?? 1)
        object["rope_scaling"] = rotation?.scaling.json ?? .null
        object["use_parallel_residual"] = .bool(c.isParallel)
        object["attention_bias"] = .bool(c.queryKeyValueBias)
        for key in ["attention_dropout", "hidden_dropout"] { object[key] = 0.0 }
      },
      parts: { c in
        let width = c.hiddenSize
        let blocks = (0..<c.layerCount).map { index in
          let path = "gpt_neox.layers.\(index)"
          return BlockPart(
            attentionNorm: NormPart(path + ".input_layernorm", width, .layer),
            attention: AttentionPart(
              .fusedByHead(
                LinearPart(
                  path + ".attention.query_key_value", width, 3 * c.queryWidth,
                  bias: c.queryKeyValueBias)),
              output: LinearPart(
                path + ".attention.dense", c.queryWidth, width, bias: c.attentionOutputBias)),
            attentionOutputNorm: nil,
            mlpNorm: NormPart(path + ".post_attention_layernorm", width, .layer),
            mlp: .plain(
              expand: LinearPart(
                path + ".mlp.dense_h_to_4h", width, c.intermediateSize, bias: c.mlpBias),
              contract: LinearPart(
                path + ".mlp.dense_4h_to_h", c.intermediateSize, width, bias: c.mlpBias)),
            mlpOutputNorm: nil)
        }
        return ModelParts(
          tokenEmbedding: "gpt_neox.embed_in.weight", positionEmbedding: nil, blocks: blocks,
          finalNorm: NormPart("gpt_neox.final_layer_norm", width, .layer),
          head: "embed_out.weight")
      })
  }()
}
