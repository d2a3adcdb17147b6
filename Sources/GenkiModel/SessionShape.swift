import GenkiKernels
import GenkiTensor

/// What a compute session is for; decides which buffers it needs.
enum SessionPurpose: Sendable, Equatable {
  case inference
  case training
}

/// The sizes that every buffer follows from, and the factors of a pass. N = rows · block size tokens go through
/// at once.
struct SessionShape: Sendable {
  let layout: ModelLayout
  let purpose: SessionPurpose
  let rows: Int
  let blockSize: Int
  let workers: Int
  let hidden: Int
  let intermediate: Int
  let vocabulary: Int
  let heads: Int
  let keyValueHeads: Int
  let headSize: Int
  let epsilon: Float
  let activation: genki_activation
  let embeddingScale: Float
  let residualScale: Float
  let logitScale: Float
  /// Attention and MLP see the same input.
  let isParallel: Bool
  /// Rank of the adapter module of each linear map, 0 without one.
  let ranks: [Int]
  let hasDropout: Bool
  let kernel: ProductKernel

  var tokens: Int { rows * blockSize }
  /// The largest rank of the adapter's modules at this place of any block.
  func widestRank(place: Int) -> Int {
    layout.layers.map { ranks[$0.linears[place].id] }.max() ?? 0
  }
  var queryWidth: Int { heads * headSize }
  var keyWidth: Int { keyValueHeads * headSize }
  /// The width of a row [q | k | v].
  var projectionWidth: Int { queryWidth + 2 * keyWidth }
  /// The width of a row of the MLP's first products.
  var innerWidth: Int { layout.layers.first?.mlp.isGated == true ? 2 * intermediate : intermediate }
  /// Whether the gradient that goes into a block's branches is another one than the residual stream's.
  var hasBranchGradient: Bool {
    isParallel || residualScale != 1
      || layout.layers.contains { $0.attentionOutputNorm != nil || $0.mlpOutputNorm != nil }
  }
  /// Queries of one attention tile.
  var tileRows: Int { min(blockSize, 64) }
  /// Words of the vocabulary whose logits are made, and used, while they are in the cache.
  static let headWords = 384
  /// Words between two meetings of the workers in a head whose logits are made twice.
  static let headChunk = 8 * headWords
  /// From one row of such a chunk to the next; not a multiple of a large power of two, whose rows
  /// would share the cache's sets.
  var headChunkStride: Int { min(vocabulary, Self.headChunk) + 16 }
  /// Logits are kept between loss and gradient, except where making them again costs less than
  /// writing and reading them.
  var keepsLogits: Bool { purpose == .training && hidden > 128 }
  /// Positions that go through the head at once: 32 MB of logits where they are kept, or 128 positions.
  var headRows: Int {
    guard keepsLogits else { return min(tokens, 1024) }
    let fitting = (32 << 20) / (4 * max(1, vocabulary))
    return min(tokens, min(1024, max(128, fitting / 32 * 32)))
  }
  /// Positions whose logits of some words a worker makes at a time where they are not kept.
  var scratchRows: Int { min(tokens, 512) }
  /// Whole rows of logits that are shown to a caller at a time: 64, fewer where they would take more than 16 MB.
  var shownRows: Int {
    purpose == .inference ? max(1, min(tokens, 64, (16 << 20) / (4 * max(1, vocabulary)))) : 0
  }
}
