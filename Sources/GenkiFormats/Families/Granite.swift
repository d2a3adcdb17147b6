import GenkiCore

extension ModelFamily {
  /// Granite: Llama with a factor for embeddings, attention, residuals and logits.
  public static let granite: ModelFamily = {
    let shape = LlamaShape(readsAttentionBias: true, readsMLPBias: true)
    let factors = 1e-9...1e9
    return ModelFamily(
      "granite", architecture: "GraniteForCausalLM",
      read: { reader in
        var c = try shape.read(reader, family: .granite)
        let scale = try reader.double("attention_multiplier", default: 1, in: factors)
        c.attentionScale = c.attentionScale.map { _ in scale }
        c.embeddingScale = try reader.double("embedding_multiplier", default: 1, in: factors)
        c.residualScale = try reader.double("residual_multiplier", default: 1, in: factors)
        c.logitDivisor = try reader.double("logits_scaling", default: 1, in: factors)
        return c
      },
      write: { c, object in
        shape.write(c, into: &object)
        object["attention_multiplier"] = .number(c.attentionScale.first ?? 1)
        object["embedding_multiplier"] = .number(c.embeddingScale)
        object["residual_multiplier"] = .number(c.residualScale)
        object["logits_scaling"] = .number(c.logitDivisor)
      },
      parts: { LlamaShape.parts($0) })
  }()
}
