import Foundation
import GenkiKernels
import Synchronization

/// A fixed number of threads that run the same work together and sleep in between.
///
/// The calling thread is worker 0. Who waits looks for some microseconds whether the others are ready,
/// which is shorter than waking a thread, and then sleeps. Which worker does which part depends only on
/// the worker count, so sums come out the same on every run.
public final class WorkerPool: Sendable {
  /// The number of workers, the caller included.
  public let count: Int
  private let shared = Shared()

  /// A pool of `count` workers: at least one, at most 256.
  public init(count: Int) {
    self.count = max(1, min(256, count))
    MatrixProduct.useOneThreadPerCall()
    let shared = shared
    for worker in 1..<max(2, self.count) where worker < self.count {
      let thread = Thread { shared.serve(worker) }
      thread.stackSize = 1 << 20
      thread.name = "genki-compute-\(worker)"
      thread.start()
    }
  }

  deinit { shared.close() }

  /// Runs `body(worker)` once for each worker and returns when all have finished.
  ///
  /// One `run` at a time: a pool belongs to one compute session.
  public func run(_ body: (Int) -> Void) {
    guard count > 1 else { return body(0) }
    withoutActuallyEscaping(body) { shared.run($0, others: count - 1) }
  }

  /// Runs `body(range)` over a split of 0 ..< `items` into one contiguous range a worker.
  ///
  /// Ranges begin at multiples of `grain`; a worker without items is not called.
  public func split(_ items: Int, grain: Int = 1, _ body: (Range<Int>, Int) -> Void) {
    let units = (items + grain - 1) / grain
    guard units > 0 else { return }
    guard count > 1, units > 1 else { return body(0..<items, 0) }
    run { worker in
      let part = share(of: items, grain: grain, worker: worker)
      if !part.isEmpty { body(part, worker) }
    }
  }

  /// A worker's part of 0 ..< `items`, as `split` hands it out.
  package func share(of items: Int, grain: Int = 1, worker: Int) -> Range<Int> {
    Self.share(of: items, grain: grain, worker: worker, count: count)
  }

  @inline(__always)
  package static func share(of items: Int, grain: Int, worker: Int, count: Int) -> Range<Int> {
    let units = (items + grain - 1) / grain
    let first = min(items, units * worker / count * grain)
    return first..<max(first, min(items, units * (worker + 1) / count * grain))
  }

  /// What the threads share; it outlives the pool until the last thread has left.
  private final class Shared: @unchecked Sendable {
    /// About 20 µs of looking.
    private static let looks = 1_000

    private let condition = NSCondition()
    private let generation = Atomic(0)
    private let running = Atomic(0)
    // Under the condition's lock.
    private var closed = false
    private var work: ((Int) -> Void)?

    func run(_ body: @escaping (Int) -> Void, others: Int) {
      condition.lock()
      work = body
      running.store(others, ordering: .releasing)
      generation.wrappingAdd(1, ordering: .releasing)
      condition.broadcast()
      condition.unlock()
      body(0)
      look { running.load(ordering: .acquiring) == 0 }
      condition.lock()
      while running.load(ordering: .acquiring) > 0 { condition.wait() }
      work = nil
      condition.unlock()
    }

    func serve(_ worker: Int) {
      var seen = 0
      while true {
        look { generation.load(ordering: .acquiring) != seen }
        condition.lock()
        while generation.load(ordering: .acquiring) == seen && !closed { condition.wait() }
        guard !closed else { break }
        seen = generation.load(ordering: .acquiring)
        var body = work
        condition.unlock()
        body?(worker)
        // The caller's closure must be let go before the caller can know that it is done.
        body = nil
        if running.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
          condition.lock()
          condition.broadcast()
          condition.unlock()
        }
      }
      condition.unlock()
    }

    func close() {
      condition.lock()
      closed = true
      condition.broadcast()
      condition.unlock()
    }

    /// Returns when `isReady` says so, or after some microseconds.
    @inline(__always)
    private func look(_ isReady: () -> Bool) {
      for _ in 0..<Self.looks {
        if isReady() { return }
        genki_pause()
      }
    }
  }
}
