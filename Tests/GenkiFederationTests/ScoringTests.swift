import GenkiCore
import GenkiFederation
import Testing

/// The score as a function of values: attacks 1, 2 and 4 to 8 by the figures they produce.
struct ScoringTests {
  /// Candidates in commit order with measured Δ and SE 0, and their similarity to earlier ones.
  static func input(
    _ gains: [Double], similarity: [(Int, Int, Double)] = [], errors: [Double]? = nil
  ) -> ScoringInput {
    var functional = SymmetricMatrix(count: gains.count)
    for (row, column, value) in similarity { functional[row, column] = value }
    let candidates = gains.enumerated().map { index, gain in
      ScoringCandidate(
        name: "m\(index)", order: OrderKey(position: index),
        contentDigest: ContentDigest(bytes: [UInt8](repeating: UInt8(index), count: 32)),
        gain: LossGain(domains: [], delta: gain, standardError: errors?[index] ?? 0))
    }
    return ScoringInput(
      rules: ScoringRules(), candidates: candidates, functional: functional,
      ancestry: SymmetricMatrix(count: gains.count))
  }

  @Test func copyOfAHarmfulModelIsNotPaid() {
    let scores = Scoring.scores(Self.input([-0.3, -0.3], similarity: [(0, 1, 1)]))
    #expect(scores.map(\.score) == [0, 0])
  }

  @Test func firstMinerEarnsTheWholeFactor() {
    let scores = Scoring.scores(Self.input([0.04]))
    #expect(scores[0].score == 0.95 * 0.04)
    #expect(scores[0].similarity == 0)
    #expect(scores[0].nearest == nil)
  }

  @Test(arguments: [(1.0, 0.0), (0.99, 0), (0.95, 0), (0.94, 0.01), (0.5, 0.45), (-0.4, 0.95)])
  func similarityLowersTheScore(similarity: Double, factor: Double) {
    var input = Self.input([1, 1], similarity: [(0, 1, similarity)])
    input.rules.clusterThreshold = 2
    let scores = Scoring.scores(input)
    #expect(abs(scores[1].score - factor) < 1e-12)
    #expect(scores[1].similarity == max(0, similarity))
  }

  @Test func equalContentIsADuplicateWithSimilarityOne() {
    var input = Self.input([0.1, 0.1])
    input.candidates[1].contentDigest = input.candidates[0].contentDigest
    let scores = Scoring.scores(input)
    #expect(scores[1].rejection == .duplicate(of: "m0"))
    #expect(scores[1].similarity == 1)
    #expect(scores[1].nearest == 0)
    #expect(scores[1].score == 0)
    #expect(scores[0].score == 0.95 * 0.1)
  }

  @Test func weightAncestryCountsFromItsThreshold() {
    var input = Self.input([1, 1], similarity: [(0, 1, 0.2)])
    input.rules.clusterThreshold = 2
    input.ancestry[0, 1] = 0.89
    #expect(Scoring.scores(input)[1].similarity == 0.2)
    input.ancestry[0, 1] = 0.9
    #expect(Scoring.scores(input)[1].similarity == 0.9)
  }

  @Test func onlyModelsWhoseLossFellTakePriority() {
    let harmful = Scoring.scores(Self.input([-0.1, 0.2], similarity: [(0, 1, 1)]))
    #expect(harmful[1].score == 0.95 * 0.2)
    var rejected = Self.input([0.1, 0.2], similarity: [(0, 1, 1)])
    rejected.candidates[0].rejection = .unchanged
    #expect(Scoring.scores(rejected)[1].score == 0.95 * 0.2)
  }

  @Test(arguments: [(0.02, 0.0101, 0.0), (0.02, 0.01, 0.95 * 0.02), (0.02, Double.infinity, 0)])
  func gainBelowTwoStandardErrorsCountsAsNone(gain: Double, error: Double, score: Double) {
    #expect(Scoring.scores(Self.input([gain], errors: [error]))[0].score == score)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func lossThatIsNotANumberIsRejected(gain: Double) {
    let scores = Scoring.scores(Self.input([gain, 0.1]))
    #expect(!scores[0].isAccepted)
    #expect(scores[0].score == 0)
    #expect(scores[1].score == 0.95 * 0.1)
  }

  @Test func similarityThatIsNotANumberClearsNobody() {
    let scores = Scoring.scores(Self.input([0.1, 0.1], similarity: [(0, 1, .nan)]))
    #expect(scores[1].score == 0)
  }

  @Test func splittingADatasetEarnsNoMoreThanOneCommit() {
    let pairs = (0..<4).flatMap { row in (0..<row).map { (row, $0, 0.86) } }
    let scores = Scoring.scores(Self.input([0.03, 0.03, 0.03, 0.03], similarity: pairs))
    #expect(scores.map(\.score).reduce(0, +) <= 0.95 * 0.03 + 1e-15)
    #expect(scores[0].score == 0.95 * 0.03)
    #expect(scores[1].remark == .clusterCapped)
  }

  @Test func betterLateMemberEarnsWhatTheClusterGains() {
    let scores = Scoring.scores(Self.input([0.01, 0.5], similarity: [(0, 1, 0.85)]))
    #expect(abs(scores[1].score - (0.95 - 0.85) * 0.5) < 1e-15)
  }

  @Test func blockThenIndexThenHotkeyDecideTheOrder() {
    let keys = [
      OrderKey(block: 5, extrinsicIndex: 0, hotkey: [9]),
      OrderKey(block: 4, extrinsicIndex: 7, hotkey: [2]),
      OrderKey(block: 4, extrinsicIndex: 7, hotkey: [1]),
      OrderKey(block: 4, extrinsicIndex: 2, hotkey: [255]),
    ]
    #expect(keys.sorted().map(\.hotkey) == [[255], [1], [2], [9]])
    var input = Self.input([0.1, 0.1], similarity: [(0, 1, 1)])
    input.candidates[0].order = OrderKey(block: 4, extrinsicIndex: 3, hotkey: [])
    input.candidates[1].order = OrderKey(block: 4, extrinsicIndex: 2, hotkey: [])
    let scores = Scoring.scores(input)
    #expect(scores.map(\.name) == ["m1", "m0"])
    #expect(scores.map(\.score) == [0.95 * 0.1, 0])
  }
}
