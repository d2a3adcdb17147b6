import GenkiCore

extension ModelFamily {
  /// GPT-2: LayerNorm, learned positions, matrices stored [in, out], one for queries, keys and values.
  public static let gpt2: ModelFamily = {
    return ModelFamily(
      "gpt2", architecture: "GPT2LMHeadModel", buffers: [".attn.bias", ".attn.masked_bias"],
      read: { reader in
        let heads = try reader.int(
          "n_head", "num_attention_heads", default: 12, in: ModelBounds.heads)
        let width = try reader.int("n_embd", "hidden_size", default: 768, in: ModelBounds.width)
        let layers = try reader.int(
          "n_layer", "num_hidden_layers", default: 12, in: ModelBounds.layers)
        let headSize = try ModelConfiguration.headSize(
          reader, width: width, heads: heads, "n_head")
        let isScaled = try reader.bool("scale_attn_weights", default: true)
        let isScaledByLayer = try reader.bool("scale_attn_by_inverse_layer_idx", default: false)
        return ModelConfiguration(
          family: .gpt2,
          vocabularySize: try ModelConfiguration.vocabulary(reader, default: 50257),
          hiddenSize: width, layerCount: layers, headCount: heads, keyValueHeadCount: heads,
          headSize: headSize,
          intermediateSize: try reader.int(
            "n_inner", default: 4 * width, in: ModelBounds.intermediate),
          maxPositions: try reader.int(
            "n_positions", "max_position_embeddings", default: 1024, in: ModelBounds.positions),
          normEpsilon: try reader.double(
            "layer_norm_epsilon", default: 1e-5, in: ModelBounds.epsilon),
          tiedHead: try reader.bool("tie_word_embeddings", default: true),
          attention: [ModelConfiguration.AttentionKind](repeating: .global, count: layers),
          attentionScale: (0..<layers).map { layer in
            (isScaled ? 1 / Double(headSize).squareRoot() : 1)
              / (isScaledByLayer ? Double(layer + 1) : 1)
          }, rotation: [Rotation?](repeating: nil, count: layers), queryKeyValueBias: true,
          attentionOutputBias: true, mlpBias: true,
          activation: try ModelConfiguration.activation(
            reader, "activation_function", default: .geluTanh),
          initializerRange: try ModelConfiguration.initializerRange(reader),
          beginTokenID: try ModelConfiguration.tokenID(reader, "bos_token_id", default: 50256),
          endTokenIDs: try ModelConfiguration.endTokenIDs(reader, default: 50256),
          padTokenID: try ModelConfiguration.tokenID(reader, "pad_token_id", default: nil))
      },
      write: { c, object in
        object["n_embd"] = JSONValue(c.hiddenSize)
        object["n_layer"] = JSONValue(c.layerCount)
        object["n_head"] = JSONValue(c.headCount)
        object["n_inner"] = JSONValue(c.intermediateSize)
        object["n_positions"] = JSONValue(c.maxPositions)
        object["n_ctx"] = JSONValue(c.maxPositions)
        object["activation_function"] = .string(c.activation.oldName)
        object["layer_norm_epsilon"] = .number(c.normEpsilon)
        let scales = c.attentionScale
        object["scale_attn_weights"] = .bool(scales.first != 1 || c.headSize == 1)
        object["scale_attn_by_inverse_layer_idx"] = .bool(
          scales.count > 1 && scales[1] != scales[0])
        for key in ["attn_pdrop", "embd_pdrop", "resid_pdrop"] { object[key] = 0.0 }
      },
      parts: { c in
        let width = c.hiddenSize
        // What writes into the residual stream begins smaller, as GPT-2's authors have it.
        let residual = 1 / (2 * Double(c.layerCount)).squareRoot()
        func conv(_ path: String, _ inputs: Int, _ outputs: Int, scale: Double = 1) -> LinearPart {
          LinearPart(
            path, inputs, outputs, bias: true, isTransposed: true, freshScale: scale)
        }
        let blocks = (0..<c.layerCount).map { index in
          let path = "transformer.h.\(index)"
          return BlockPart(
            attentionNorm: NormPart(path + ".ln_1", width, .layer),
            attention: AttentionPart(
              .fused(conv(path + ".attn.c_attn", width, 3 * c.queryWidth)),
              output: conv(path + ".attn.c_proj", c.queryWidth, width, scale: residual)),
            attentionOutputNorm: nil, mlpNorm: NormPart(path + ".ln_2", width, .layer),
            mlp: .plain(
              expand: conv(path + ".mlp.c_fc", width, c.intermediateSize),
              contract: conv(
                path + ".mlp.c_proj", c.intermediateSize, width, scale: residual)),
            mlpOutputNorm: nil)
        }
        return ModelParts(
          tokenEmbedding: "transformer.wte.weight", positionEmbedding: "transformer.wpe.weight",
          blocks: blocks, finalNorm: NormPart("transformer.ln_f", width, .layer),
          head: "lm_head.weight")
      })
  }()
}
