import GenkiTensor
import Synchronization
import Testing

/// Workers that meet in the middle of their work.
@Suite struct WorkerBarrierTests {
  @Test(arguments: [1, 2, 3, 6])
  func whatWasWrittenBeforeAMeetingIsSeenAfterIt(workers: Int) {
    let pool = WorkerPool(count: workers)
    let barrier = WorkerBarrier(pool: pool)
    var cells = [Int](repeating: 0, count: workers)
    let rounds = 3_000
    let wrong = Atomic(0)
    cells.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let cells = buffer
      pool.run { worker in
        for round in 0..<rounds {
          cells[worker] = round
          barrier.meet()
          if cells[(worker + 1) % workers] != round { wrong.wrappingAdd(1, ordering: .relaxed) }
          barrier.meet()
        }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }
}
