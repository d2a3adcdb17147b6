import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub
import GenkiNode
import Synchronization
import Testing

/// Many pieces of work with the hub at once. Nothing here depends on time that passes by itself.
@Suite struct TransferPoolTests {
  /// A pool on a clock that the test moves, and the pieces that have ended.
  private final class Bench: @unchecked Sendable {
    let time = Mutex(1_000.0)
    let events = Mutex<[NodeEvent]>([])
    private let condition = NSCondition()
    private var ended = 0
    private(set) lazy var pool = ThreadTransferPool(
      now: { [self] in time.withLock { $0 } }, observer: Listener(bench: self),
      onEnd: { [self] in
        condition.lock()
        ended += 1
        condition.broadcast()
        condition.unlock()
      })

    func advance(by seconds: Double) { time.withLock { $0 += seconds } }

    func waitForEnds(_ count: Int) -> Bool {
      let deadline = Date(timeIntervalSinceNow: 60)
      condition.lock()
      defer { condition.unlock() }
      while ended < count, condition.wait(until: deadline) {}
      return ended >= count
    }
  }

  private struct Listener: NodeObserver {
    unowned let bench: Bench
    func willPerform(_ kind: String, _ subject: String) {}
    func didPerform(_ kind: String, _ subject: String) {}
    func report(_ event: NodeEvent) { bench.events.withLock { $0.append(event) } }
  }

  /// Waits until it is cancelled.
  private static func hang(_ transfer: HubTransfer) throws -> Int {
    let condition = NSCondition()
    let id = transfer.cancellation.register {
      condition.lock()
      condition.broadcast()
      condition.unlock()
    }
    defer { transfer.cancellation.remove(id) }
    let deadline = Date(timeIntervalSinceNow: 60)
    condition.lock()
    defer { condition.unlock() }
    while !transfer.cancellation.isCancelled, condition.wait(until: deadline) {}
    throw HubError.cancelled(repository: "a/b")
  }

  private func plan(seconds: Double? = 100, isForeign: Bool = true) throws -> TransferPlan {
    let repository = try #require(RepositoryID("a/b"))
    return TransferPlan(
      label: TransferLabel(.down, repository, ["round": 3]), secondsMaximum: seconds,
      isForeign: isForeign)
  }

  @Test func piecesThatHangHoldUpNobodyAndEndByTheirDeadline() throws {
    let bench = Bench()
    let plan = try plan()
    func ask(_ number: Int) -> Result<Int, any Error>? {
      bench.pool.outcome(of: "piece \(number)", plan) { transfer in
        number % 4 == 0 ? number : try Self.hang(transfer)
      }
    }
    for number in 0..<200 { #expect(ask(number) == nil) }
    #expect(bench.waitForEnds(50))
    for number in 0..<200 {
      guard let result = ask(number) else { continue }
      #expect(try result.get() == number)
    }
    #expect(bench.pool.keys.count == 150)
    bench.advance(by: 99)
    for number in 0..<200 where number % 4 != 0 { #expect(ask(number) == nil) }
    #expect(bench.pool.running.count == 150)
    // All of them end by the one deadline, however many they are.
    bench.advance(by: 1)
    for number in 0..<200 where number % 4 != 0 { _ = ask(number) }
    #expect(bench.waitForEnds(200))
    for number in 0..<200 where number % 4 != 0 {
      let result = try #require(ask(number), "piece \(number)")
      #expect { try result.get() } throws: { error in
        if case HubError.unreachable(let source, _) = error { source == "a/b" } else { false }
      }
    }
    #expect(bench.pool.keys.isEmpty)
    #expect(bench.pool.waitUntilIdle(seconds: 60))
  }

  @Test func foreignPiecesWaitForEachOtherAndOursDoNot() throws {
    let bench = Bench()
    let foreign = try plan(seconds: nil)
    let count = ThreadTransferPool.foreignMaximum + 10
    for number in 0..<count {
      #expect(bench.pool.outcome(of: "\(number)", foreign, { try Self.hang($0) }) == nil)
    }
    #expect(bench.pool.running.count == ThreadTransferPool.foreignMaximum)
    #expect(bench.pool.outcome(of: "ours", .call, { _ in 1 }) == nil)
    #expect(bench.waitForEnds(1))
    #expect(try bench.pool.outcome(of: "ours", .call, { _ in 2 })?.get() == 1)
    // A place that becomes free is taken by one that waits.
    bench.pool.stop("0")
    #expect(bench.waitForEnds(2))
    #expect(bench.pool.outcome(of: "0", foreign, { try Self.hang($0) })?.isCancelled == true)
    #expect(bench.pool.running.count == ThreadTransferPool.foreignMaximum)
    bench.pool.stopAll()
    #expect(bench.pool.waitUntilIdle(seconds: 60))
    // What the end has ended is nobody's result, and nothing is begun any more.
    #expect(bench.pool.outcome(of: "1", foreign, { try Self.hang($0) }) == nil)
    #expect(bench.pool.outcome(of: "new", .call, { _ in 1 }) == nil)
    #expect(!bench.pool.contains("new"))
  }

  @Test func aDroppedPieceEndsBeforeItIsBegunAgain() throws {
    let bench = Bench()
    let plan = try plan()
    #expect(bench.pool.outcome(of: "one", plan, { try Self.hang($0) }) == nil)
    bench.pool.drop("one")
    #expect(!bench.pool.contains("one"))
    #expect(bench.waitForEnds(1))
    #expect(bench.pool.outcome(of: "one", plan, { _ in 7 }) == nil)
    #expect(bench.waitForEnds(2))
    #expect(try bench.pool.outcome(of: "one", plan, { _ in 8 })?.get() == 7)
  }

  @Test func progressIsToldOnceASecondWithRateAndTimeLeft() throws {
    let bench = Bench()
    let plan = try plan()
    let result: Result<Int, any Error>? = {
      let pool = InlineTransferPool(
        now: { bench.time.withLock { $0 } }, observer: Listener(bench: bench))
      return pool.outcome(of: "one", plan) { transfer in
        // A hundred steps of a tenth of a second, 1,000 bytes each.
        for step in 1...100 {
          transfer.onProgress(HubProgress(name: "f", bytesDone: step * 1_000, bytesTotal: 100_000))
          bench.advance(by: 0.1)
        }
        return 1
      }
    }()
    #expect(try result?.get() == 1)
    let events = bench.events.withLock { $0 }
    let progress = events.filter { $0.name == "transfer.progress" }
    #expect((9...11).contains(progress.count), "\(progress.count) events")
    #expect(events.first?.name == "transfer.started")
    #expect(events.last?.name == "transfer.done")
    let middle = try #require(progress.dropFirst(5).first).fields
    let rate = try #require(middle["bytes_per_second"]?.doubleValue)
    #expect(abs(rate - 10_000) < 200)
    let (done, left) = (middle["bytes_done"]?.intValue ?? 0, middle["eta_seconds"]?.doubleValue)
    #expect(abs((left ?? 0) - Double(100_000 - done) / 10_000) <= 1)
    #expect(middle["round"]?.intValue == 3)
    #expect(middle["direction"]?.stringValue == "down")
    #expect(middle["name"]?.stringValue == "f")
  }

  @Test func whatEndsEarlyIsSaidToHaveFailed() throws {
    let bench = Bench()
    let pool = InlineTransferPool(now: { 0 }, observer: Listener(bench: bench))
    _ = pool.outcome(of: "one", try plan()) { transfer -> Int in
      transfer.onProgress(HubProgress(name: "f", bytesDone: 5, bytesTotal: 10))
      throw HubError.unreachable(source: "a/b", reason: "gone")
    }
    let last = bench.events.withLock { $0.last }
    #expect(last?.name == "transfer.failed")
    #expect(last?.fields["reason"]?.stringValue?.contains("gone") == true)
    // A call that never moves a byte tells nothing.
    _ = pool.outcome(of: "two", try plan()) { _ in 1 }
    #expect(bench.events.withLock { $0.last }?.name == last?.name)
  }
}

extension Result where Failure == any Error {
  fileprivate var isCancelled: Bool {
    if case .failure(HubError.cancelled) = self { true } else { false }
  }
}
