import GenkiData
import Testing

@Suite("Splits and schedules")
struct ScheduleTests {
  @Test(arguments: [
    (0, 0.5, 0), (1, 0.5, 0), (2, 0.5, 1), (2, 0.01, 1), (2, 1.0, 1), (10, 0, 0), (10, 0.25, 3),
    (100, 0.1, 10), (1000, 0.999, 999), (10, 7.0, 9), (10, -1, 0), (10, .nan, 0),
    (10, .infinity, 9),
  ]) func aSplitHoldsOutItsShareAndLosesNothing(count: Int, fraction: Double, heldOut: Int) {
    let split = TrainValidationSplit(windowCount: count, fraction: fraction, seed: 7)
    #expect(split.validation.count == heldOut)
    #expect((split.train + split.validation).sorted() == Array(0..<count))
    #expect(split.train == split.train.sorted())
    #expect(split == TrainValidationSplit(windowCount: count, fraction: fraction, seed: 7))
  }

  @Test func anotherSeedHoldsOutOtherWindows() {
    let first = TrainValidationSplit(windowCount: 1000, fraction: 0.1, seed: 1)
    let second = TrainValidationSplit(windowCount: 1000, fraction: 0.1, seed: 2)
    #expect(first.validation != second.validation)
  }

  @Test func aSequentialScheduleFollowsTheRule() {
    let schedule = BatchSchedule(windows: Array(0..<7), batchRows: 3, order: .sequential)
    for step in 0..<20 {
      #expect(schedule.windows(step: step) == (0..<3).map { (step * 3 + $0) % 7 })
    }
    #expect(schedule.stepsPerEpoch == 3)
  }

  @Test(arguments: [(1, 1), (1, 4), (7, 3), (8, 4), (10, 64), (97, 5)])
  func everyEpochTakesEveryWindowOnce(windowCount: Int, batchRows: Int) {
    let windows = (0..<windowCount).map { $0 * 10 }
    let schedule = BatchSchedule(
      windows: windows, batchRows: batchRows, order: .shuffled(seed: 3))
    let taken = (0..<(3 * windowCount)).flatMap { schedule.windows(step: $0) }
    var orders: [[Int]] = []
    for epoch in 0..<(taken.count / windowCount) {
      let order = Array(taken[(epoch * windowCount)..<((epoch + 1) * windowCount)])
      #expect(order.sorted() == windows)
      orders.append(order)
    }
    if windowCount > 5 { #expect(orders[0] != orders[1]) }
  }

  @Test func aStepDoesNotDependOnThoseBefore() {
    let order = BatchSchedule.Order.shuffled(seed: 11)
    let windows = Array(0..<50)
    let straight = BatchSchedule(windows: windows, batchRows: 7, order: order)
    let steps = (0..<40).map { straight.windows(step: $0) }
    let jumping = BatchSchedule(windows: windows, batchRows: 7, order: order)
    for step in [39, 0, 20, 7, 8, 39] { #expect(jumping.windows(step: step) == steps[step]) }
  }

  @Test func anotherSeedGivesAnotherOrder() {
    let windows = Array(0..<50)
    let orders = [UInt64(1), 2].map {
      BatchSchedule(windows: windows, batchRows: 50, order: .shuffled(seed: $0)).windows(step: 0)
    }
    #expect(orders[0] != orders[1])
  }
}
