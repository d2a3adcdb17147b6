import GenkiCore

extension ModelFamily {
  /// Phi 3 and Phi 4: Llama with one matrix for queries, keys and values and one for gate and up.
  public static let phi3: ModelFamily = {
    let shape = LlamaShape(
      vocabulary: 32064, width: 3072, intermediate: 8192, positions: 4096, epsilon: 1e-5,
      endID: 32000, padID: 32000, partialRotation: true,
      // transformers reads yarn as longrope here, and refuses the others, too.
      scalings: .none(models: "as Phi 3's models of 4,096 positions and Phi 4 have it"))
    return ModelFamily(
      "phi3", architecture: "Phi3ForCausalLM",
      read: { reader in
        var c = try shape.read(reader, family: .phi3)
        let window = try SlidingWindow.size(reader, default: nil)
        c.attention = c.attention.map { _ in SlidingWindow.kind(window) }
        return c
      },
      write: { c, object in
        shape.write(c, into: &object)
        object["original_max_position_embeddings"] = JSONValue(c.maxPositions)
        object["sliding_window"] = SlidingWindow.json(c)
        for key in ["embd_pdrop", "resid_pdrop"] { object[key] = 0.0 }
      },
      parts: { c in
        LlamaShape.parts(c) { block, path in
          let (width, inner) = (c.hiddenSize, c.intermediateSize)
          block.attention = AttentionPart(
            .fused(
              LinearPart(
                path + ".self_attn.qkv_proj", width, c.queryWidth + 2 * c.keyWidth, bias: false)),
            output: block.attention.output)
          block.mlp = .gatedFused(
            gateUp: LinearPart(path + ".mlp.gate_up_proj", width, 2 * inner, bias: false),
            down: LinearPart(path + ".mlp.down_proj", inner, width, bias: false))
        }
      })
  }()
}
