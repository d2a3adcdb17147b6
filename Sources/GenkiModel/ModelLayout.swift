import GenkiFormats

/// A linear map of a model: y = x Wᵀ + b, or y = x W + b for GPT-2's transposed matrices.
struct Linear: Sendable {
  /// Its number in the model, by which an adapter finds it.
  let id: Int
  /// Its path in the model, for example `transformer.h.0.mlp.c_fc`.
  let path: String
  /// Indexes of its parameters.
  let weight: Int
  let bias: Int?
  let inputs: Int
  let outputs: Int
  /// W is stored [inputs, outputs], GPT-2's Conv1D.
  let isTransposed: Bool
}

/// LayerNorm (with a bias) or RMSNorm.
struct Norm: Sendable {
  let weight: Int
  let bias: Int?
  var isRMS: Bool { bias == nil }
}

/// The MLP of a block.
enum MLPLayout: Sendable {
  /// contract(gelu(expand(x)))
  case plain(expand: Linear, contract: Linear)
  /// down(silu(gate(x)) · up(x))
  case gated(gate: Linear, up: Linear, down: Linear)
}

/// One transformer block: where its parameters are.
struct LayerLayout: Sendable {
  let norm1: Norm
  /// One fused projection or three; `column` is where its outputs begin in a row [q | k | v].
  let projections: [(linear: Linear, column: Int)]
  let queryNorm: Norm?
  let keyNorm: Norm?
  let output: Linear
  let norm2: Norm
  let mlp: MLPLayout

  /// Every linear map of the block, in a fixed order.
  var linears: [Linear] {
    switch mlp {
    case .plain(let expand, let contract):
      projections.map(\.linear) + [output, expand, contract]
    case .gated(let gate, let up, let down):
      projections.map(\.linear) + [output, gate, up, down]
    }
  }
}

/// Where every parameter of a model lies, under the names of its family's files.
struct ModelLayout: Sendable {
  let parameters: [Parameter]
  let elementCount: Int
  let tokenEmbedding: Int
  let positionEmbedding: Int?
  let layers: [LayerLayout]
  let finalNorm: Norm
  /// The output head [vocabulary, hidden]; the token embedding when tied.
  let head: Int

  /// Every linear map inside the blocks.
  var linears: [Linear] { layers.flatMap(\.linears) }

  init(_ configuration: ModelConfiguration) {
    var builder = LayoutBuilder(configuration: configuration)
    self = builder.build()
  }

  fileprivate init(
    table: ParameterTable, tokenEmbedding: Int, positionEmbedding: Int?, layers: [LayerLayout],
    finalNorm: Norm, head: Int
  ) {
    parameters = table.parameters
    elementCount = table.elementCount
    self.tokenEmbedding = tokenEmbedding
    self.positionEmbedding = positionEmbedding
    self.layers = layers
    self.finalNorm = finalNorm
    self.head = head
  }
}

/// Gives every parameter of a configuration its name and place.
private struct LayoutBuilder {
  let configuration: ModelConfiguration
  var table = ParameterTable()
  var linearCount = 0

  mutating func build() -> ModelLayout {
    switch configuration.family {
    case .gptNeo, .gpt2: buildGPT()
    case .llama, .qwen2, .qwen3: buildLlama()
    }
  }

  private mutating func linear(
    _ path: String, _ inputs: Int, _ outputs: Int, bias: Bool, transposed: Bool = false
  ) -> Linear {
    let weight = table.add(path + ".weight", transposed ? [inputs, outputs] : [outputs, inputs])
    let biasIndex = bias ? table.add(path + ".bias", [outputs]) : nil
    linearCount += 1
    return Linear(
      id: linearCount - 1, path: path, weight: weight, bias: biasIndex, inputs: inputs,
      outputs: outputs, isTransposed: transposed)
  }

  private mutating func norm(_ path: String, _ width: Int, bias: Bool) -> Norm {
    let weight = table.add(path + ".weight", [width])
    return Norm(weight: weight, bias: bias ? table.add(path + ".bias", [width]) : nil)
  }

  private mutating func buildGPT() -> ModelLayout {
    let c = configuration
    let width = c.hiddenSize
    let conv = c.family == .gpt2
    let tokens = table.add("transformer.wte.weight", [c.vocabularySize, width])
    let positions = table.add("transformer.wpe.weight", [c.maxPositions, width])
    let attended = c.headCount * c.headSize
    var layers: [LayerLayout] = []
    for index in 0..<c.layerCount {
      let block = "transformer.h.\(index)"
      let norm1 = norm(block + ".ln_1", width, bias: true)
      var projections: [(linear: Linear, column: Int)] = []
      let output: Linear
      if conv {
        projections.append(
          (linear(block + ".attn.c_attn", width, 3 * attended, bias: true, transposed: true), 0))
        output = linear(block + ".attn.c_proj", attended, width, bias: true, transposed: true)
      } else {
        let path = block + ".attn.attention."
        for (place, name) in ["q_proj", "k_proj", "v_proj"].enumerated() {
          projections.append(
            (
              linear(path + name, width, attended, bias: c.queryKeyValueBias), place * attended
            ))
        }
        output = linear(path + "out_proj", attended, width, bias: c.attentionOutputBias)
      }
      let norm2 = norm(block + ".ln_2", width, bias: true)
      let expand = linear(
        block + ".mlp.c_fc", width, c.intermediateSize, bias: c.mlpBias, transposed: conv)
      let contract = linear(
        block + ".mlp.c_proj", c.intermediateSize, width, bias: c.mlpBias, transposed: conv)
      layers.append(
        LayerLayout(
          norm1: norm1, projections: projections, queryNorm: nil, keyNorm: nil, output: output,
          norm2: norm2, mlp: .plain(expand: expand, contract: contract)))
    }
    let finalNorm = norm("transformer.ln_f", width, bias: true)
    let head = c.tiedHead ? tokens : table.add("lm_head.weight", [c.vocabularySize, width])
    return ModelLayout(
      table: table, tokenEmbedding: tokens, positionEmbedding: positions, layers: layers,
      finalNorm: finalNorm, head: head)
  }

  private mutating func buildLlama() -> ModelLayout {
    let c = configuration
    let width = c.hiddenSize
    let queries = c.headCount * c.headSize
    let keys = c.keyValueHeadCount * c.headSize
    let tokens = table.add("model.embed_tokens.weight", [c.vocabularySize, width])
    var layers: [LayerLayout] = []
    for index in 0..<c.layerCount {
      let block = "model.layers.\(index)"
      let attention = block + ".self_attn."
      let norm1 = norm(block + ".input_layernorm", width, bias: false)
      let projections = [
        (linear(attention + "q_proj", width, queries, bias: c.queryKeyValueBias), 0),
        (linear(attention + "k_proj", width, keys, bias: c.queryKeyValueBias), queries),
        (linear(attention + "v_proj", width, keys, bias: c.queryKeyValueBias), queries + keys),
      ]
      let output = linear(attention + "o_proj", queries, width, bias: c.attentionOutputBias)
      var queryNorm: Norm?
      var keyNorm: Norm?
      if c.family == .qwen3 {
        queryNorm = norm(attention + "q_norm", c.headSize, bias: false)
        keyNorm = norm(attention + "k_norm", c.headSize, bias: false)
      }
      let norm2 = norm(block + ".post_attention_layernorm", width, bias: false)
      let mlp = block + ".mlp."
      layers.append(
        LayerLayout(
          norm1: norm1, projections: projections, queryNorm: queryNorm, keyNorm: keyNorm,
          output: output, norm2: norm2,
          mlp: .gated(
            gate: linear(mlp + "gate_proj", width, c.intermediateSize, bias: c.mlpBias),
            up: linear(mlp + "up_proj", width, c.intermediateSize, bias: c.mlpBias),
            down: linear(mlp + "down_proj", c.intermediateSize, width, bias: c.mlpBias))))
    }
    let finalNorm = norm("model.norm", width, bias: false)
    let head = c.tiedHead ? tokens : table.add("lm_head.weight", [c.vocabularySize, width])
    return ModelLayout(
      table: table, tokenEmbedding: tokens, positionEmbedding: nil, layers: layers,
      finalNorm: finalNorm, head: head)
  }
}
