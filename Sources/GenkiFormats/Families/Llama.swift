extension ModelFamily {
  /// Llama, and what is built like it: TinyLlama, SmolLM, SmolLM2.
  public static let llama: ModelFamily = {
    let shape = LlamaShape(
      readsAttentionBias: true, readsMLPBias: true, headsDivideWidth: true)
    return ModelFamily(
      "llama", architecture: "LlamaForCausalLM",
      read: { try shape.read($0, family: .llama) },
      write: { shape.write($0, into: &$1) },
      parts: { LlamaShape.parts($0) })
  }()
}
