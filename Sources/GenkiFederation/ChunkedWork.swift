import GenkiTensor
import Synchronization

/// A stretch of one tensor: the unit in which models are read, compared and merged.
struct Chunk: Sendable, Equatable {
  /// The tensor's index in the base.
  var tensor: Int
  /// Elements of the tensor.
  var range: Range<Int>
}

/// Splits tensors into chunks of a fixed size and works on them with all threads.
///
/// The split never depends on the thread count, and results are kept by chunk and combined in
/// chunk order, so every sum is the same for any number of threads.
struct ChunkedWork {
  /// Elements of a chunk whose sums are combined afterwards; part of the definition of a norm.
  static let sumElements = 65_536
  /// Elements of a window: what one thread maps, works on and gives back at a time. A multiple of
  /// `sumElements`, large enough that telling the system costs nothing beside the work.
  static let windowElements = 1 << 20
  /// Elements that stay in a core's cache while several models pass over them; a divisor of
  /// `sumElements`.
  static let cachedElements = 8_192

  let pool: WorkerPool

  /// The parts of a chunk, of a fixed size but for the last.
  static func parts(of chunk: Chunk, elements: Int) -> [Chunk] {
    stride(from: chunk.range.lowerBound, to: chunk.range.upperBound, by: elements).map {
      Chunk(tensor: chunk.tensor, range: $0..<min(chunk.range.upperBound, $0 + elements))
    }
  }

  /// The chunks of tensors of the given sizes, tensor by tensor.
  static func chunks(counts: [Int], elements: Int = sumElements) -> [Chunk] {
    counts.enumerated().flatMap { tensor, count in
      stride(from: 0, to: count, by: elements).map {
        Chunk(tensor: tensor, range: $0..<min(count, $0 + elements))
      }
    }
  }

  /// Runs `body(index, scratch)` for 0 ..< count, each worker taking the next index that is free;
  /// the first error thrown, by index, is rethrown after all workers have stopped.
  func run(count: Int, _ body: (Int, ScratchBuffers) throws -> Void) throws {
    let failure = Mutex<(index: Int, error: any Error)?>(nil)
    let next = Atomic(0)
    pool.run { _ in
      let scratch = ScratchBuffers()
      while true {
        // Looked at before an index is taken: one that is taken is worked on, so that of several
        // failures the first by index is known.
        guard failure.withLock({ $0 == nil }) else { return }
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        do {
          try body(index, scratch)
        } catch {
          failure.withLock { first in
            if first.map({ index < $0.index }) ?? true { first = (index, error) }
          }
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }

  /// The values of `body` for 0 ..< count, in order.
  func map<Value: Sendable>(
    count: Int, _ body: (Int, ScratchBuffers) throws -> Value
  ) throws -> [Value] {
    let results = Mutex<[Value?]>(Array(repeating: nil, count: count))
    try run(count: count) { index, scratch in
      let value = try body(index, scratch)
      results.withLock { $0[index] = value }
    }
    return results.withLock { $0.compactMap { $0 } }
  }
}

/// One worker's float buffers, made when first asked for and reused from chunk to chunk.
final class ScratchBuffers {
  private var buffers: [UnsafeMutableBufferPointer<Float>] = []
  private var zeroBuffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 0)

  /// Buffer number `index`, with room for `count` elements; its content is what was left there.
  func floats(_ index: Int, count: Int) -> UnsafeMutablePointer<Float> {
    while buffers.count <= index { buffers.append(.allocate(capacity: 0)) }
    if buffers[index].count < max(1, count) {
      buffers[index].deallocate()
      buffers[index] = .allocate(capacity: max(ChunkedWork.cachedElements, count))
    }
    guard let start = buffers[index].baseAddress else {
      preconditionFailure("a buffer with room for elements has an address")
    }
    return start
  }

  /// `count` zeros.
  func zeros(count: Int) -> UnsafePointer<Float> {
    if zeroBuffer.count < count {
      zeroBuffer.deallocate()
      zeroBuffer = .allocate(capacity: count)
      zeroBuffer.initialize(repeating: 0)
    }
    guard let start = zeroBuffer.baseAddress else {
      preconditionFailure("a buffer with room for elements has an address")
    }
    return UnsafePointer(start)
  }

  deinit {
    zeroBuffer.deallocate()
    for buffer in buffers { buffer.deallocate() }
  }
}
