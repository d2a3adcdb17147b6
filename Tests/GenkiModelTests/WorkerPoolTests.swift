import GenkiTensor
import Synchronization
import Testing

/// Workers that meet many thousand times, most of them without sleeping in between.
@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 7])
  func everyWorkerRunsOncePerRoundAndIsSeenByTheNext(workers: Int) {
    let pool = WorkerPool(count: workers)
    var sums = [Int](repeating: 0, count: pool.count)
    let rounds = 5_000
    sums.withUnsafeMutableBufferPointer { sums in
      for round in 0..<rounds {
        // Each worker reads what its neighbour wrote in the round before.
        nonisolated(unsafe) let cells = sums
        let expected = round
        let wrong = Atomic(0)
        pool.run { worker in
          if cells[worker] != expected { wrong.wrappingAdd(1, ordering: .relaxed) }
        }
        pool.run { worker in cells[(worker + 1) % workers] += 1 }
        guard wrong.load(ordering: .relaxed) == 0 else {
          Issue.record("round \(round): a worker saw an old value")
          return
        }
      }
    }
    #expect(sums == [Int](repeating: rounds, count: workers))
  }

  @Test(arguments: [1, 2, 5], [0, 1, 4, 16, 17, 1000])
  func aSplitCoversEveryItemOnce(workers: Int, items: Int) {
    let pool = WorkerPool(count: workers)
    for grain in [1, 8] {
      var counts = [Int](repeating: 0, count: items)
      counts.withUnsafeMutableBufferPointer { counts in
        nonisolated(unsafe) let cells = counts
        pool.split(items, grain: grain) { range, _ in for index in range { cells[index] += 1 } }
      }
      #expect(counts == [Int](repeating: 1, count: items))
    }
  }

  @Test func poolsThatAreDroppedLeaveNoThreadAtWork() {
    for _ in 0..<200 {
      let pool = WorkerPool(count: 3)
      let ran = Atomic(0)
      pool.run { _ in ran.wrappingAdd(1, ordering: .relaxed) }
      #expect(ran.load(ordering: .relaxed) == 3)
    }
  }
}
