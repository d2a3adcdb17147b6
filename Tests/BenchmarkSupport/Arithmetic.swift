import GenkiFormats
import GenkiModel

/// What a workload needs at least: multiply-adds count as two operations.
package struct Arithmetic: Sendable, Equatable {
  /// Weights of the blocks' matrices.
  package let blockWeights: Int
  /// Weights of the head.
  package let headWeights: Int
  /// layers · query width, the factor of attention.
  package let attentionWidth: Int

  package init(_ configuration: ModelConfiguration) {
    headWeights = configuration.vocabularySize * configuration.hiddenSize
    attentionWidth =
      configuration.layerCount * configuration.headCount * configuration.headSize
    // Embeddings are looked up, not multiplied with; a head that is not tied counts as the head.
    blockWeights = configuration.parts.blocks.flatMap(\.linears)
      .reduce(0) { $0 + $1.inputs * $1.outputs }
  }

  /// Operations of one token: forward 2 a weight, the inputs' gradients 2, the weights' gradients 2;
  /// attention 4 · T · width forward and twice that backward, the square counted whole.
  package func operationsPerToken(_ task: Workload.Task) -> Double {
    let weights = Double(blockWeights + headWeights)
    switch task {
    case .training(_, let blockSize, let adapter):
      return (adapter == nil ? 6 : 4) * weights + 12 * Double(blockSize * attentionWidth)
    case .evaluation(_, let blockSize), .adapters(_, _, let blockSize, _):
      return 2 * weights + 4 * Double(blockSize * attentionWidth)
    case .decoding(let promptTokens, let newTokens, _):
      return 2 * weights + 4 * Double((promptTokens + newTokens / 2) * attentionWidth)
    case .aggregation:
      // The change, its square and its part of the sum.
      return 6
    case .tokenization:
      return 0
    }
  }

  /// Bytes that must be moved for one token of decoding, or, in float32, for one weight of an aggregation
  /// that also reads the base and writes the result; nil for tasks that arithmetic bounds.
  package func weightBytesPerToken(_ task: Workload.Task) -> Double? {
    switch task {
    case .decoding(_, _, let stored): Double(stored.bitCount / 8 * (blockWeights + headWeights))
    case .aggregation(let models, _): 4 * Double(models + 2) / Double(models)
    case .training, .evaluation, .adapters, .tokenization: nil
    }
  }
}
