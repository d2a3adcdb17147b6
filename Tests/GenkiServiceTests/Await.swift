import Foundation
import Synchronization

/// What callbacks of other threads have told, and a way to wait for it.
final class Collected<Element: Sendable>: Sendable {
  private let state = Mutex<[Element]>([])
  private let condition = NSCondition()

  var all: [Element] { state.withLock { $0 } }

  func append(_ element: Element) {
    condition.lock()
    state.withLock { $0.append(element) }
    condition.broadcast()
    condition.unlock()
  }

  /// Waits until so many have come, at most ten seconds; returns all that came.
  @discardableResult
  func wait(count: Int) -> [Element] {
    let limit = Date(timeIntervalSinceNow: 10)
    condition.lock()
    defer { condition.unlock() }
    while all.count < count, condition.wait(until: limit) {}
    return all
  }
}
