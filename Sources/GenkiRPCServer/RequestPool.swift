import Foundation

/// A fixed number of threads on which requests are carried out, in the order they came.
///
/// The queue needs no bound of its own: each connection has a bounded number of requests in it.
final class RequestPool: @unchecked Sendable {
  private static let stackBytes = 4 << 20
  private let condition = NSCondition()
  private var queue: [@Sendable () -> Void] = []
  private var next = 0
  private var threadsLeft: Int
  private var isClosed = false

  init(threads: Int) {
    threadsLeft = max(1, threads)
    for number in 0..<threadsLeft {
      let thread = Thread { [self] in serve() }
      thread.stackSize = Self.stackBytes
      thread.name = "genki-rpc-\(number)"
      thread.start()
    }
  }

  func submit(_ work: @escaping @Sendable () -> Void) {
    condition.lock()
    queue.append(work)
    condition.signal()
    condition.unlock()
  }

  /// Lets the threads finish what is queued and end; waits for them until the deadline.
  func close(until deadline: Date) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
    condition.broadcast()
    while threadsLeft > 0 {
      guard condition.wait(until: deadline) else { return threadsLeft == 0 }
    }
    return true
  }

  private func serve() {
    condition.lock()
    while true {
      while next == queue.count, !isClosed { condition.wait() }
      guard next < queue.count else { break }
      let work = queue[next]
      next += 1
      if next == queue.count {
        queue.removeAll(keepingCapacity: next <= 1024)
        next = 0
      }
      condition.unlock()
      work()
      condition.lock()
    }
    threadsLeft -= 1
    condition.broadcast()
    condition.unlock()
  }
}
