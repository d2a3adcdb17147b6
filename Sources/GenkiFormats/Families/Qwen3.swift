import GenkiCore

extension ModelFamily {
  /// Qwen3: Qwen2 with norms of the heads of queries and keys in the place of biases.
  public static let qwen3: ModelFamily = {
    var classDefaults = LlamaShape.qwen
    classDefaults.headSize = 128
    classDefaults.readsAttentionBias = true
    let shape = classDefaults
    return ModelFamily(
      "qwen3", architecture: "Qwen3ForCausalLM",
      read: { reader in
        var c = try shape.read(reader, family: .qwen3)
        c.attention = try SlidingWindow.qwenLayers(reader, layers: c.layerCount)
        return c
      },
      write: { c, object in
        shape.write(c, into: &object)
        SlidingWindow.writeLayers(c, into: &object)
      },
      parts: { c in
        LlamaShape.parts(c) { block, path in
          block.attention.headNorms = LlamaShape.headNorms(path, c, .rms)
        }
      })
  }()
}
