import Foundation
import GenkiHTTP

/// Runs a body on a thread of its own.
func inBackground(_ body: @escaping @Sendable () -> Void) { Thread.detachNewThread(body) }

/// Runs a body on many threads at once and gives their results in order.
func onThreads<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
  let results = Guarded<[Int: Result<Value, any Error>]>([:])
  for number in 0..<count {
    inBackground {
      let result = Result { try body(number) }
      results.update { $0[number] = result }
    }
  }
  let all = results.wait(until: Monotonic.seconds + 60) { $0.count == count ? $0 : nil } ?? [:]
  return try (0..<count).compactMap { try all[$0]?.get() }
}
