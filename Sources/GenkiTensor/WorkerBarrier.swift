import Foundation
import GenkiKernels
import Synchronization

/// Where a pool's workers meet in the middle of one `run`.
///
/// Who arrives early looks for some microseconds whether the others are there, which takes a tenth of
/// waking a thread, and then sleeps: the others may not have a processor.
package final class WorkerBarrier: Sendable {
  /// About 20 µs of looking.
  private static let looks = 1_000

  private let count: Int
  private let arrived = Atomic(0)
  private let meetings = Atomic(0)
  private let sleepers = Atomic(0)
  private let condition = NSCondition()

  /// A barrier for as many workers as the pool has.
  package init(pool: WorkerPool) { count = pool.count }

  /// Returns when every worker has called it; what they wrote before is seen by all after.
  package func meet() {
    guard count > 1 else { return }
    let mine = meetings.load(ordering: .acquiring)
    if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == count {
      arrived.store(0, ordering: .relaxed)
      // Either this store is seen by who is about to sleep, or the sleeper is seen here.
      meetings.wrappingAdd(1, ordering: .sequentiallyConsistent)
      guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
      condition.lock()
      condition.broadcast()
      condition.unlock()
      return
    }
    for _ in 0..<Self.looks {
      if meetings.load(ordering: .acquiring) != mine { return }
      genki_pause()
    }
    condition.lock()
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while meetings.load(ordering: .sequentiallyConsistent) == mine { condition.wait() }
    sleepers.wrappingSubtract(1, ordering: .relaxed)
    condition.unlock()
  }
}
