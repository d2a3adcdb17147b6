import GenkiCore

extension ModelFamily {
  /// Mistral: Llama with a window of keys in every layer, which later versions leave out.
  public static let mistral: ModelFamily = {
    let shape = LlamaShape(
      intermediate: 14336, keyValueHeads: 8, positions: 131_072)
    let classWindow = 4096
    return ModelFamily(
      "mistral", architecture: "MistralForCausalLM",
      read: { reader in
        var c = try shape.read(reader, family: .mistral)
        try reader.refuse("layer_types", because: "Mistral's layers are all alike")
        let window = try SlidingWindow.size(reader, default: classWindow)
        c.attention = c.attention.map { _ in SlidingWindow.kind(window) }
        return c
      },
      write: { c, object in
        shape.write(c, into: &object)
        object["sliding_window"] = SlidingWindow.json(c)
      },
      parts: { LlamaShape.parts($0) })
  }()
}
