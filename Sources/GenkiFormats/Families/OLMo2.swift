extension ModelFamily {
  /// OLMo 2: Llama with norms behind attention and MLP, not before, and of all queries and all keys.
  public static let olmo2: ModelFamily = {
    let shape = LlamaShape(
      vocabulary: 50304, epsilon: 1e-5, beginID: nil, endID: 50279, padID: 1,
      readsAttentionBias: true)
    return ModelFamily(
      "olmo2", architecture: "Olmo2ForCausalLM",
      read: { try shape.read($0, family: .olmo2) },
      write: { shape.write($0, into: &$1) },
      parts: { c in
        LlamaShape.parts(c) { block, path in
          block.attentionNorm = nil
          block.attentionOutputNorm = NormPart(
            path + ".post_attention_layernorm", c.hiddenSize, .rms)
          block.mlpNorm = nil
          block.mlpOutputNorm = NormPart(
            path + ".post_feedforward_layernorm", c.hiddenSize, .rms)
          block.attention.headNorms = HeadNormsPart(
            query: NormPart(path + ".self_attn.q_norm", c.queryWidth, .rms),
            key: NormPart(path + ".self_attn.k_norm", c.keyWidth, .rms))
        }
      })
  }()
}
