import GenkiCore

extension ModelFamily {
  /// SmolLM3: Llama in which every fourth layer does not rotate; those may have a window.
  public static let smolLM3: ModelFamily = {
    let shape = LlamaShape(
      vocabulary: 128_256, width: 2048, layers: 36, heads: 16, keyValueHeads: 4,
      positions: 32768, isTied: true, theta: 2_000_000, beginID: 128_000, endID: 128_001,
      padID: 128_004, readsAttentionBias: true, readsMLPBias: true)
    return ModelFamily(
      "smollm3", architecture: "SmolLM3ForCausalLM",
      read: { reader in
        var c = try shape.read(reader, family: .smolLM3)
        let rotates = try rotatingLayers(reader, layers: c.layerCount)
        for (layer, rotates) in rotates.enumerated() where !rotates { c.rotation[layer] = nil }
        let window =
          try reader.bool("use_sliding_window", default: false)
          ? try SlidingWindow.size(reader, default: nil) : nil
        c.attention = try SlidingWindow.layers(reader, layers: c.layerCount, window: window) {
          !rotates[$0]
        }
        return c
      },
      write: { c, object in
        shape.write(c, into: &object)
        object["no_rope_layers"] = .array(c.rotation.map { JSONValue($0 == nil ? 0 : 1) })
        SlidingWindow.writeLayers(c, into: &object)
      },
      parts: { LlamaShape.parts($0) })
  }()

  /// `no_rope_layers` has a 1 for a layer that rotates, whatever its name says; without it every
  /// `no_rope_layer_interval`-th layer does not.
  private static func rotatingLayers(
    _ reader: ConfigurationReader, layers: Int
  ) throws -> [Bool] {
    let key = "no_rope_layers"
    guard let value = reader.value(key) else {
      let interval = try reader.int("no_rope_layer_interval", default: 4, in: ModelBounds.layers)
      return (0..<layers).map { ($0 + 1) % interval != 0 }
    }
    guard let list = value.arrayValue, list.count == layers else {
      throw reader.inconsistent(key, "must be a list with one entry a layer, which are \(layers)")
    }
    return try list.map { try reader.int($0, key: key, in: 0...1) == 1 }
  }
}
