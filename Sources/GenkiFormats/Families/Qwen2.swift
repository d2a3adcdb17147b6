import GenkiCore

extension ModelFamily {
  /// Qwen2 and Qwen2.5: Llama with biases of queries, keys and values; later layers may have a window.
  public static let qwen2: ModelFamily = {
    let shape = LlamaShape.qwen
    return ModelFamily(
      "qwen2", architecture: "Qwen2ForCausalLM",
      read: { reader in
        var c = try shape.read(reader, family: .qwen2)
        c.queryKeyValueBias = true
        c.attention = try SlidingWindow.qwenLayers(reader, layers: c.layerCount)
        return c
      },
      write: { c, object in
        shape.write(c, into: &object)
        SlidingWindow.writeLayers(c, into: &object)
      },
      parts: { LlamaShape.parts($0) })
  }()
}

extension LlamaShape {
  /// The class defaults that Qwen2 and Qwen3 have in common.
  static let qwen = LlamaShape(
    vocabulary: 151_936, intermediate: 22016, keyValueHeads: 32, positions: 32768, beginID: nil,
    endID: nil)
}
