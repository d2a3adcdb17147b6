import Foundation

/// A fixed number of threads on which requests are carried out.
///
/// A peer's only request goes before the second and later ones of others, so that one who asks for
/// much does not hold up one who asks for little. The queues need no bound of their own: each
/// connection has a bounded number of requests in them.
final class RequestPool: @unchecked Sendable {
  typealias Work = @Sendable () -> Void

  /// First in, first out.
  private struct Queue {
    private var items: [Work] = []
    private var next = 0
    private static let capacityKept = 1024

    mutating func append(_ work: @escaping Work) { items.append(work) }

    mutating func take() -> Work? {
      guard next < items.count else { return nil }
      defer {
        next += 1
        if next == items.count {
          items.removeAll(keepingCapacity: next <= Self.capacityKept)
          next = 0
        }
      }
      return items[next]
    }
  }

  private static let stackBytes = 4 << 20
  private let condition = NSCondition()
  private var urgent = Queue()
  private var other = Queue()
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

  func submit(isUrgent: Bool, _ work: @escaping Work) {
    condition.lock()
    if isUrgent { urgent.append(work) } else { other.append(work) }
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
      if let work = urgent.take() ?? other.take() {
        condition.unlock()
        work()
        condition.lock()
      } else if isClosed {
        break
      } else {
        condition.wait()
      }
    }
    threadsLeft -= 1
    condition.broadcast()
    condition.unlock()
  }
}
