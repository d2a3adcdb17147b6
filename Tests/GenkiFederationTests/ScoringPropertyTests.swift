import GenkiCore
import GenkiFederation
import Testing

/// The laws that every input must keep, over seeded random rounds.
struct ScoringPropertyTests {
  static let rounds = Array(UInt64(0)..<200)

  /// A round with rejected, failing, equal, similar and noisy candidates, sometimes out of order.
  static func round(_ seed: UInt64) -> ScoringInput {
    var random = DeterministicRandom(seed: seed, domain: "test/scoring")
    let count = 1 + random.next(below: 9)
    var functional = SymmetricMatrix(count: count)
    var ancestry = SymmetricMatrix(count: count)
    for row in 0..<count {
      for column in 0..<row {
        functional[row, column] = random.next(below: 20) == 0 ? .nan : random.uniform() * 1.2 - 0.2
        ancestry[row, column] = random.uniform() * 1.5 - 0.5
      }
    }
    let candidates = (0..<count).map { index in
      let gains = [0, -0.1, .nan, random.uniform() * 0.1, random.gaussian() * 0.05]
      return ScoringCandidate(
        name: "m\(index)",
        order: OrderKey(
          block: UInt64(random.next(below: 4)), extrinsicIndex: UInt32(random.next(below: 3)),
          hotkey: [UInt8(index)]),
        contentDigest: ContentDigest(
          bytes: [UInt8](repeating: UInt8(random.next(below: 2 * count)), count: 32)),
        rejection: random.next(below: 5) == 0 ? .unchanged : nil,
        gain: random.next(below: 8) == 0
          ? nil
          : LossGain(
            domains: [], delta: gains[random.next(below: gains.count)],
            standardError: random.uniform() * 0.02))
    }
    return ScoringInput(
      rules: ScoringRules(), candidates: candidates, functional: functional, ancestry: ancestry)
  }

  /// The same round with the candidates of `order` only, in that arrival order.
  static func arranged(_ input: ScoringInput, _ order: [Int]) -> ScoringInput {
    var functional = SymmetricMatrix(count: order.count)
    var ancestry = SymmetricMatrix(count: order.count)
    for row in order.indices {
      for column in order.indices {
        functional[row, column] = input.functional[order[row], order[column]]
        ancestry[row, column] = input.ancestry[order[row], order[column]]
      }
    }
    return ScoringInput(
      rules: input.rules, candidates: order.map { input.candidates[$0] }, functional: functional,
      ancestry: ancestry)
  }

  static func byName(_ scores: [CandidateScore]) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: scores.map { ($0.name, $0.score.bitPattern) })
  }

  @Test(arguments: rounds) func scoresAreFiniteAndNotNegative(seed: UInt64) {
    for score in Scoring.scores(Self.round(seed)) {
      #expect(score.score.isFinite && score.score >= 0)
      #expect((0...1).contains(score.similarity))
      #expect(score.isAccepted || score.score == 0)
    }
  }

  @Test(arguments: rounds) func arrivalOrderDecidesNothing(seed: UInt64) {
    let input = Self.round(seed)
    let order = DeterministicRandom.permutation(
      count: input.candidates.count, seed: seed, domain: "test/arrival")
    let arranged = Scoring.scores(Self.arranged(input, order))
    #expect(Self.byName(arranged) == Self.byName(Scoring.scores(input)))
    #expect(arranged.map(\.name) == Scoring.scores(input).map(\.name))
  }

  @Test(arguments: rounds) func laterCandidatesChangeNoEarlierScore(seed: UInt64) {
    let input = Self.round(seed)
    let all = Scoring.scores(input)
    for count in 0..<all.count {
      let first = all.prefix(count).map(\.index)
      #expect(
        Scoring.scores(Self.arranged(input, first)).map(\.score) == all.prefix(count).map(\.score))
    }
  }

  @Test(arguments: rounds) func rejectedCandidatesChangeNobodysScore(seed: UInt64) {
    let input = Self.round(seed)
    let all = Scoring.scores(input)
    let accepted = all.filter(\.isAccepted)
    let alone = Scoring.scores(Self.arranged(input, accepted.map(\.index)))
    #expect(alone.map(\.score) == accepted.map(\.score))
  }

  @Test(arguments: rounds) func moreGainNeverEarnsLess(seed: UInt64) {
    var input = Self.round(seed)
    guard let last = Scoring.scores(input).last, last.isAccepted else { return }
    let before = last.score
    input.candidates[last.index].gain?.delta += 0.01
    #expect((Scoring.scores(input).last?.score ?? 0) >= before)
  }

  @Test(arguments: rounds) func moreSimilarityNeverEarnsMore(seed: UInt64) {
    var input = Self.round(seed)
    guard let last = Scoring.scores(input).last, last.isAccepted else { return }
    for other in input.candidates.indices where other != last.index {
      input.functional[last.index, other] += 0.1
    }
    #expect((Scoring.scores(input).last?.score ?? 0) <= last.score)
  }

  @Test(arguments: rounds) func scoringTwiceGivesTheSame(seed: UInt64) {
    #expect(
      Self.byName(Scoring.scores(Self.round(seed))) == Self.byName(Scoring.scores(Self.round(seed)))
    )
  }
}
