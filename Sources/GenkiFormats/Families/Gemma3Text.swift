import GenkiCore

extension ModelFamily {
  /// Gemma 3's text models: norms around attention and MLP, windows in most layers, which rotate faster than
  /// those that see everything, and embeddings times the root of their width.
  public static let gemma3Text: ModelFamily = {
    let shape = LlamaShape(
      vocabulary: 262_208, width: 2304, intermediate: 9216, layers: 26, heads: 8,
      keyValueHeads: 4, headSize: 256, positions: 131_072, isTied: true, theta: fullTheta,
      beginID: 2, endID: 1, padID: 0, activationKey: "hidden_activation", activation: .geluTanh,
      rotatingLayers: "full_attention", readsAttentionBias: true, headsDivideWidth: true)
    let classWindow = 4096
    return ModelFamily(
      "gemma3_text", architecture: "Gemma3ForCausalLM",
      read: { reader in
        if try reader.bool("use_bidirectional_attention", default: false) {
          throw reader.unsupported("use_bidirectional_attention", true, allowed: "false")
        }
        var c = try shape.read(reader, family: .gemma3Text)
        let window = try SlidingWindow.size(reader, default: classWindow)
        let period = try reader.int("sliding_window_pattern", default: 6, in: ModelBounds.layers)
        let slides = { (layer: Int) in (layer + 1) % period != 0 }
        if window == nil, reader.value("layer_types") == nil,
          (0..<c.layerCount).contains(where: slides)
        {
          throw reader.inconsistent(
            "sliding_window", "is null, and layers have a window by sliding_window_pattern")
        }
        c.attention = try SlidingWindow.layers(
          reader, layers: c.layerCount, window: window, slides: slides)
        let local = try RotationReader(
          reader: reader, headSize: c.headSize, maxPositions: c.maxPositions, theta: localTheta,
          thetaKey: "rope_local_base_freq", layerType: "sliding_attention", takesScaling: false
        ).rotation()
        for (layer, kind) in c.attention.enumerated() where kind != .global {
          c.rotation[layer] = local
        }
        let scalar = try reader.double("query_pre_attn_scalar", default: 256, in: 1e-6...1e9)
        c.attentionScale = c.attentionScale.map { _ in 1 / scalar.squareRoot() }
        c.embeddingScale = Double(c.hiddenSize).squareRoot()
        return c
      },
      write: { c, object in
        shape.write(c, into: &object)
        SlidingWindow.writeLayers(c, into: &object)
        if object["layer_types"] == nil {
          object["layer_types"] = SlidingWindow.types(c)
          object["sliding_window"] = JSONValue(classWindow)
        }
        writeRotations(c, into: &object)
        let scale = c.attentionScale.first ?? 1
        // The nearest whole number where there is one: the root that was taken is not exact.
        let scalar = 1 / (scale * scale)
        let whole = scalar.rounded()
        object["query_pre_attn_scalar"] =
          1 / whole.squareRoot() == scale ? JSONValue(Int(whole)) : .number(scalar)
      },
      parts: { c in
        LlamaShape.parts(c, norm: .rmsAroundOne) { block, path in
          let width = c.hiddenSize
          block.attentionOutputNorm = block.mlpNorm
          block.mlpNorm = NormPart(path + ".pre_feedforward_layernorm", width, .rmsAroundOne)
          block.mlpOutputNorm = NormPart(
            path + ".post_feedforward_layernorm", width, .rmsAroundOne)
          block.attention.headNorms = LlamaShape.headNorms(path, c, .rmsAroundOne)
        }
      })
  }()

  /// In the keys of transformers 4 where they can say it: only layers that see everything are scaled there.
  private static func writeRotations(_ c: ModelConfiguration, into object: inout JSONObject) {
    func rotation(global: Bool) -> Rotation? {
      zip(c.attention, c.rotation).first { ($0.0 == .global) == global }?.1
    }
    let (full, local) = (rotation(global: true), rotation(global: false))
    guard local?.scaling ?? Rotation.Scaling.none == Rotation.Scaling.none else {
      object["rope_theta"] = nil
      object["rope_scaling"] = nil
      object["rope_parameters"] = [
        "full_attention": parameters(full, theta: fullTheta),
        "sliding_attention": parameters(local, theta: localTheta),
      ]
      return
    }
    object["rope_theta"] = .number(full?.theta ?? fullTheta)
    object["rope_scaling"] = full?.scaling.json ?? .null
    object["rope_local_base_freq"] = .number(local?.theta ?? localTheta)
  }

  private static func parameters(_ rotation: Rotation?, theta: Double) -> JSONValue {
    var object: JSONObject = rotation?.scaling.json.objectValue ?? ["rope_type": "default"]
    object["rope_theta"] = .number(rotation?.theta ?? theta)
    return .object(object)
  }

  private static let fullTheta = 1_000_000.0
  private static let localTheta = 10000.0
}
