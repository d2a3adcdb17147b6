import GenkiFormats
import GenkiTensor

/// Reads tokens one after the other, or a prompt in pieces, against a cache of keys and values.
///
/// One token reads every weight once, so the linear maps are split over their outputs: each worker reads
/// its part of the weights in streams. The workers go through a pass together and meet between its stages.
final class Decoder {
  /// Tokens of a prompt that are read at once.
  private static let piece = 64

  let capacity: Int
  /// What has been read and not forgotten.
  private(set) var ids: [Int32] = []
  var length: Int { ids.count }
  private let model: DecodingModel
  private let pool: WorkerPool
  private let barrier: WorkerBarrier
  private let arenas: [Arena]
  private let shape: DecoderShape
  private let buffers: DecoderBuffers
  private let cache: KeyValueCache
  private let rotations: RotaryTables

  init(model: DecodingModel, capacity: Int, threads: Int) throws {
    let c = model.configuration
    guard capacity > 0 else { throw ModelError.empty("the context") }
    guard capacity <= c.maxPositions else {
      throw ModelError.windowTooLong(blockSize: capacity, maximum: c.maxPositions)
    }
    self.model = model
    self.capacity = capacity
    pool = WorkerPool(count: threads)
    barrier = WorkerBarrier(pool: pool)
    shape = DecoderShape(
      model: model, rows: min(Self.piece, capacity), capacity: capacity, workers: pool.count)
    var working = BufferPlan()
    _ = DecoderBuffers(shape, plan: &working)
    var kept = BufferPlan()
    _ = KeyValueCache(shape, layers: model.layers.count, plan: &kept)
    let memory = try Arena(byteCount: working.byteCount, hugePages: false)
    let cacheMemory = try Arena(byteCount: kept.byteCount, hugePages: false)
    arenas = [memory, cacheMemory]
    working = BufferPlan(arena: memory)
    buffers = DecoderBuffers(shape, plan: &working)
    kept = BufferPlan(arena: cacheMemory)
    cache = KeyValueCache(shape, layers: model.layers.count, plan: &kept)
    rotations = try RotaryTables(c, positions: capacity)
  }

  /// Forgets what has been read behind the first `count` tokens.
  func forget(after count: Int) { ids.removeLast(max(0, ids.count - count)) }

  /// Reads `tokens` and returns the logits after the last one, valid until the next call.
  func read(_ tokens: ArraySlice<Int32>) throws -> UnsafeBufferPointer<Float> {
    for (position, token) in zip(tokens.indices, tokens)
    where token < 0 || Int(token) >= model.configuration.vocabularySize {
      throw ModelError.tokenOutOfRange(
        token: Int(token), position: position,
        vocabularySize: model.configuration.vocabularySize)
    }
    precondition(length + tokens.count <= capacity, "the caller keeps to the capacity")
    for first in stride(from: tokens.startIndex, to: tokens.endIndex, by: shape.rows) {
      let end = min(first + shape.rows, tokens.endIndex)
      readPiece(tokens[first..<end], isLast: end == tokens.endIndex)
    }
    return UnsafeBufferPointer(start: buffers.logits, count: model.configuration.vocabularySize)
  }

  private func readPiece(_ tokens: ArraySlice<Int32>, isLast: Bool) {
    for (row, token) in tokens.enumerated() {
      buffers.ids[row] = token
      buffers.positions[row] = Int32(length + row)
    }
    let pass = DecodingPass(
      shape: shape, buffers: buffers, cache: cache, rows: tokens.count, length: length)
    let ends = DecodingPass.Ends(
      tokens: model.tokens, positions: model.positions, norm: model.finalNorm,
      head: isLast ? model.head : nil)
    model.layers.withUnsafeBufferPointer { layers in
      rotations.ofLayer.withUnsafeBufferPointer { rotations in
        pool.run { [barrier] worker in
          pass.perform(
            layers, ends: ends, rotations: rotations, worker: worker, meet: barrier)
        }
      }
    }
    ids += tokens
  }
}
