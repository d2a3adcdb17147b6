import GenkiCore
import GenkiFormats
import GenkiKernels
import Synchronization

/// Weights as a file of these types will hold them: rounded, and widened again.
///
/// What the guard measures and what is written are the same values, so that a gain that is announced
/// is the gain of the file.
struct StoredWeights<Source: WeightSource>: WeightSource {
  let source: Source
  let types: [TensorType]
  /// Counts what rounding takes; nil where nobody asks.
  var loss: RoundingLoss?
  var base: BaseModel { source.base }
  var files: [MappedFile] { source.files }

  func changes(tensor: Int) -> Bool { source.changes(tensor: tensor) }

  func release(_ window: Chunk) { source.release(window) }

  func read(
    _ chunk: Chunk, scratch: ScratchBuffers, into out: UnsafeMutablePointer<Float>
  ) throws {
    try source.read(chunk, scratch: scratch, into: out)
    let type = types[chunk.tensor]
    guard type.bitCount == 16 else { return }
    let count = chunk.range.count
    guard let loss, changes(tensor: chunk.tensor) else {
      return HalfPrecision.round(out, count, to: type)
    }
    let before = try base.floats(chunk, or: scratch.floats(0, count: count))
    let moved = Self.differences(out, before, count)
    HalfPrecision.round(out, count, to: type)
    loss.add(moved: moved, kept: Self.differences(out, before, count))
  }

  private static func differences(
    _ values: UnsafePointer<Float>, _ others: UnsafePointer<Float>, _ count: Int
  ) -> Int {
    var result = 0
    for index in 0..<count where values[index] != others[index] { result += 1 }
    return result
  }
}

/// How many weights a merge moves, and how many of them still differ from the base in the file.
final class RoundingLoss: Sendable {
  private let moved = Atomic(0)
  private let kept = Atomic(0)

  func add(moved: Int, kept: Int) {
    self.moved.wrappingAdd(moved, ordering: .relaxed)
    self.kept.wrappingAdd(kept, ordering: .relaxed)
  }

  /// The share of the moved weights that still differ; nil where nothing was rounded.
  var keptShare: Double? {
    let all = moved.load(ordering: .relaxed)
    return all > 0 ? Double(kept.load(ordering: .relaxed)) / Double(all) : nil
  }
}
