import Foundation
import GenkiHTTP

/// Work on several items by a few threads, the caller's among them.
enum ParallelWork {
  private struct State: Sendable {
    var next = 0
    var helpers: Int
    var error: (any Error)?
  }

  /// Runs `body` for all items and returns when no thread works any more.
  ///
  /// The first error ends the others: `onError` is called once, no more items are begun, and the error
  /// is thrown.
  static func run<Item: Sendable>(
    _ items: [Item], threads: Int, onError: @escaping @Sendable () -> Void,
    _ body: @escaping @Sendable (Item) throws -> Void
  ) throws {
    let helpers = max(0, min(threads, items.count) - 1)
    let state = Guarded(State(helpers: helpers))
    let work: @Sendable () -> Void = {
      while let item = state.withLock({ next(of: items, &$0) }) {
        do {
          try body(item)
        } catch {
          let isFirst = state.withLock { state in
            defer { state.error = state.error ?? error }
            return state.error == nil
          }
          if isFirst { onError() }
        }
      }
    }
    for _ in 0..<helpers {
      Thread.detachNewThread {
        work()
        state.update { $0.helpers -= 1 }
      }
    }
    work()
    _ = state.wait { $0.helpers == 0 ? true : nil }
    if let error = state.withLock({ $0.error }) { throw error }
  }

  private static func next<Item>(of items: [Item], _ state: inout State) -> Item? {
    guard state.error == nil, state.next < items.count else { return nil }
    defer { state.next += 1 }
    return items[state.next]
  }
}
