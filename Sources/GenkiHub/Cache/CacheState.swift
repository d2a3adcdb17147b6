import Foundation

/// The ledger of a cache, shared by threads: one call at a time works on a model.
final class CacheState: @unchecked Sendable {
  // Guards `ledger` and tells waiting calls that a model is free.
  private let condition = NSCondition()
  private var ledger = CacheLedger()

  /// Reads or changes the ledger.
  @discardableResult
  func change<Result>(_ body: (inout CacheLedger) -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    return body(&ledger)
  }

  /// Runs `body` while no other call works on the model.
  func exclusive<Result>(_ key: String, _ body: () throws -> Result) rethrows -> Result {
    condition.lock()
    while !ledger.begin(key) { condition.wait() }
    condition.unlock()
    defer { end(key) }
    return try body()
  }

  /// Takes the least recently used model that nobody needs, to be removed and then `end`ed.
  func beginEviction() -> String? {
    change { ledger in
      guard let key = ledger.next, ledger.begin(key) else { return nil }
      return key
    }
  }

  /// Frees a model for the next call.
  func end(_ key: String) {
    change { $0.end(key) }
    condition.broadcast()
  }
}
