import GenkiFederation
import Testing

/// Gains and their standard errors, by the textbook formulas.
struct LossStatisticsTests {
  @Test func equalWindowsGiveThePairedStandardError() {
    let base = LossProfile(sums: [10, 20, 30, 40], tokens: [10, 10, 10, 10])
    let model = LossProfile(sums: [9, 18, 30, 37], tokens: [10, 10, 10, 10])
    let gain = base.gain(of: model, name: "d")
    // Differences a token: 0.1, 0.2, 0, 0.3; mean 0.15; s² = 0.05/3.
    #expect(abs(gain.delta - 0.15) < 1e-15)
    #expect(abs(gain.standardError - (0.05 / 3 / 4).squareRoot()) < 1e-15)
  }

  @Test func windowsOfOtherLengthsWeighByTheirTokens() {
    let base = LossProfile(sums: [2, 30], tokens: [1, 9])
    let model = LossProfile(sums: [1, 30], tokens: [1, 9])
    #expect(abs(base.gain(of: model, name: "d").delta - 0.1) < 1e-15)
    #expect(abs(base.loss - 3.2) < 1e-15)
  }

  @Test func oneWindowCannotTellGainFromNoise() {
    let base = LossProfile(sums: [2], tokens: [1])
    let gain = base.gain(of: LossProfile(sums: [1], tokens: [1]), name: "d")
    #expect(gain.standardError == .infinity)
  }

  @Test func errorsAreStratifiedBySet() {
    let gain = LossGain(domains: [
      .init(name: "a", delta: 0.3, standardError: 0.03),
      .init(name: "b", delta: -0.1, standardError: 0.04),
    ])
    #expect(abs(gain.delta - 0.1) < 1e-15)
    #expect(abs(gain.standardError - 0.025) < 1e-15)
  }

  /// Gains by step that were measured with three specialists on four texts (federated.md, 1).
  static let measured: [(Double, [Double])] = [
    (1, [0.210, 0.108, -0.015, -0.109]), (0.75, [0.173, 0.097, 0.005, -0.054]),
    (0.5, [0.126, 0.076, 0.014, -0.019]), (0.25, [0.068, 0.043, 0.012, -0.004]),
    (0.125, [0.036, 0.023, 0.007, 0]),
  ]

  static func trials(error: Double) -> [GuardedStep.Trial] {
    measured.map { step, deltas in
      GuardedStep.Trial(
        step: step,
        gain: LossGain(
          domains: deltas.map { .init(name: "d", delta: $0, standardError: error) }))
    }
  }

  @Test func guardTakesTheLargestGainThatHarmsNoText() {
    #expect(GuardedStep.choice(Self.trials(error: 0.001))?.step == 0.5)
    let strict = GuardedStep.Rules(regressionMaximum: 0.005)
    #expect(GuardedStep.choice(Self.trials(error: 0.001), rules: strict)?.step == 0.25)
  }

  @Test func guardKeepsTheBaseWhenNothingExceedsTheNoise() {
    #expect(GuardedStep.choice(Self.trials(error: 0.1)) == nil)
    #expect(GuardedStep.choice([]) == nil)
    #expect(GuardedStep.choice(Self.trials(error: .nan)) == nil)
  }
}
