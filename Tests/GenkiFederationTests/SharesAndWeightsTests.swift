import GenkiCore
import GenkiFederation
import Testing

/// u16 weights, capped shares and norm factors.
struct SharesAndWeightsTests {
  @Test(
    arguments: [
      ([0.0, 0], nil), ([], nil), ([.nan, -1], nil), ([2, 1, 0], [65_535, 32_768, 0]),
      ([1e-300, 1e-300], [65_535, 65_535]), ([1, 1e-9, .infinity], [65_535, 0, 0]),
    ] as [([Double], [UInt16]?)])
  func weightsAreScaledToTheLargest(scores: [Double], weights: [UInt16]?) {
    #expect(WeightVector.quantized(scores) == weights)
  }

  @Test(
    arguments: [
      ([7], [1.0]), ([0, 9], [0, 1]), ([65_535, 1], [0.5, 0.5]),
      ([1, 1, 1, 1], [0.25, 0.25, 0.25, 0.25]),
      ([60_000, 2_000, 2_000], [0.5, 0.25, 0.25]), ([2, 1, 1], [0.5, 0.25, 0.25]),
      ([65_535, 0, 3, 1], [0.5, 0, 0.375, 0.125]),
    ] as [([UInt16], [Double])])
  func sharesAreCappedByWaterFilling(weights: [UInt16], shares: [Double]) {
    #expect(ContributionShares.capped(weights) == shares)
  }

  @Test func noWeightGivesNoShares() {
    #expect(ContributionShares.capped([]) == nil)
    #expect(ContributionShares.capped([0, 0]) == nil)
  }

  @Test(arguments: UInt64(0)..<50)
  func sharesSumToOneKeepTheirOrderAndRespectTheCap(seed: UInt64) throws {
    var random = DeterministicRandom(seed: seed, domain: "test/shares")
    let weights = (0..<(1 + random.next(below: 12))).map { _ in
      UInt16(random.next(below: 3) == 0 ? 0 : random.next(below: 65_536))
    }
    guard weights.contains(where: { $0 > 0 }) else { return }
    let shares = try #require(ContributionShares.capped(weights))
    let cap = max(0.5, 1 / Double(weights.filter { $0 > 0 }.count))
    #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    #expect(shares.allSatisfy { $0 >= 0 && $0 <= cap })
    for (one, other) in zip(weights.indices, weights.indices.dropFirst())
    where weights[one] <= weights[other] {
      #expect(shares[one] <= shares[other] + 1e-15)
    }
  }

  @Test func normsAreBoundedByThreeTimesTheMedianOfWhatWeighs() throws {
    let plan = try AggregationPlan(
      strategy: .weightedMean, weights: [1, 1, 1, 0], norms: [1, 2, 30, 1e9])
    #expect(plan.inputs.map(\.normFactor) == [1, 1, 6.0 / 30, 6 / 1e9])
  }

  @Test func zeroNormIsLeftAlone() throws {
    let plan = try AggregationPlan(strategy: .weightedMean, weights: [1, 1], norms: [0, 0])
    #expect(plan.inputs.map(\.normFactor) == [1, 1])
  }

  @Test func aggregationWithoutWeightsKeepsTheBase() {
    #expect(throws: FederationError.self) {
      try AggregationPlan(strategy: .median, weights: [0, 0], norms: [1, 1])
    }
  }

  @Test func unknownStrategyIsRefusedListingTheKnownOnes() {
    #expect {
      try AggregationStrategy.named("krum")
    } throws: { error in
      "\(error)".contains("weighted-mean, median, trimmed-mean") && "\(error)".contains("krum")
    }
  }

  @Test func trimmedMeanSaysWhereItDropsNothing() {
    #expect(AggregationStrategy.trimmedMean.remark(models: 4) != nil)
    #expect(AggregationStrategy.trimmedMean.remark(models: 5) == nil)
    #expect(AggregationStrategy.median.remark(models: 2) == nil)
  }
}
