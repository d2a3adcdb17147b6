import Foundation
import GenkiTrain
import Testing

struct LearningRateScheduleTests {
  private func rates(_ kind: LearningRateSchedule.Kind, warmup: Int, total: Int) -> [Double] {
    let schedule = LearningRateSchedule(
      kind: kind, peak: 2, warmupSteps: warmup, totalSteps: total)
    return (0..<total).map(schedule.rate(step:))
  }

  @Test(arguments: LearningRateSchedule.Kind.allCases)
  func warmupRisesInEqualStepsToThePeak(kind: LearningRateSchedule.Kind) {
    let rates = rates(kind, warmup: 4, total: 20)
    #expect(rates.prefix(4) == [0.5, 1, 1.5, 2])
    #expect(rates[4] == 2)
  }

  @Test(arguments: LearningRateSchedule.Kind.allCases)
  func ratesNeverRiseAfterTheWarmupAndStayAboveZero(kind: LearningRateSchedule.Kind) {
    let rates = rates(kind, warmup: 3, total: 50).dropFirst(3)
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(rates.allSatisfy { $0 > 0 })
  }

  @Test func constantStaysAtThePeak() {
    #expect(rates(.constant, warmup: 0, total: 5) == [2, 2, 2, 2, 2])
  }

  @Test func linearFallsInEqualSteps() {
    #expect(rates(.linear, warmup: 0, total: 4) == [2, 1.5, 1, 0.5])
  }

  @Test func cosineIsAtHalfThePeakInTheMiddle() {
    let rates = rates(.cosine, warmup: 10, total: 20)
    #expect(abs(rates[15] - 1) < 1e-12)
    // The curve is symmetric around its middle.
    for distance in 1..<5 {
      #expect(abs(rates[15 - distance] + rates[15 + distance] - 2) < 1e-12)
    }
  }

  @Test(arguments: [0, 1, 7])
  func aWarmupLongerThanTheRunOnlyRises(total: Int) {
    let rates = rates(.cosine, warmup: 100, total: total)
    #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 < $1 })
  }
}
