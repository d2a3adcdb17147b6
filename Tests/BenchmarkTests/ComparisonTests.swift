import BenchmarkSupport
import GenkiCore
import Testing

@Suite struct ComparisonTests {
  private static let workload = Workload(
    "small", .demo, .training(rows: 2, blockSize: 50, adapter: nil),
    goals: [
      .init(beside: .plain, ratioMinimum: 1.5, ratioAim: 3, memory: .bytes(200_000_000)),
      .init(beside: .best, ratioMinimum: 1.25, ratioAim: nil, memory: .share(0.5)),
    ])

  private static func measurement(
    _ side: String, losses: (Double, Double) = (7, 6.5), compute: String = "float32",
    seconds: [Double], workload: Workload = workload, problem: String? = nil
  ) -> Measurement {
    var result = Measurement(
      workload: workload, side: side, threads: 2,
      ready: WorkerReady(
        compute: compute, first: .init(loss: losses.0), mode: side == "torch" ? "eager" : nil,
        problem: problem),
      second: .init(loss: losses.1))
    for value in seconds {
      result.add(TurnReport(steps: 2, seconds: value, cpuSeconds: 2 * value, last: .init()))
    }
    result.peakBytes = 150_000_000
    return result
  }

  @Test func theRatioIsTheMedianOfPairs() {
    let comparison = Comparison(
      workload: Self.workload, ours: Self.measurement("genki", seconds: [1, 2, 1]),
      theirs: Self.measurement("torch", seconds: [2, 3, 4]))
    #expect(comparison.ratios.values == [2, 1.5, 4])
    #expect(comparison.ratios.median == 2)
    #expect(comparison.difference == nil)
    #expect(comparison.misses == [])
    let row = ComparisonTable.row(comparison)
    #expect(
      row == "| small | float32 eager | 66.7 | float32 | 200 | **2.00** (1.50–4.00) "
        + "| 0.15 / 0.15 GB | 7.0000 / 7.0000 | ≥ 1.50, aim 3.0, ≤ 0.20 GB |  |")
    #expect(ComparisonTable.head.allSatisfy { $0.count { $0 == "|" } == row.count { $0 == "|" } })
  }

  @Test func whatMissesItsGoalSaysSo() {
    var ours = Self.measurement("genki", seconds: [1])
    ours.peakBytes = 200_000_001
    let comparison = Comparison(
      workload: Self.workload, ours: ours, theirs: Self.measurement("torch", seconds: [1.4]))
    #expect(comparison.misses == ["speed", "memory"])
    #expect(ComparisonTable.row(comparison).contains("misses speed and memory"))
  }

  @Test(
    arguments: [
      (7.0, 6.5, "float32", true), (7.006, 6.506, "float32", true), (7.008, 6.5, "float32", false),
      (7, 6.51, "float32", false), (7.1, 6.6, "bfloat16", true), (7.1, 6.6, "bf16", true),
      (7.1, 6.6, "openblas", false), (7.2, 6.5, "bfloat16", false),
      (Double.nan, 6.5, "float32", false), (Double.infinity, 6.5, "float32", false),
    ] as [(Double, Double, String, Bool)])
  func differentLossesAreDifferentWork(
    first: Double, second: Double, compute: String, same: Bool
  ) {
    let comparison = Comparison(
      workload: Self.workload,
      ours: Self.measurement("genki", losses: (first, second), seconds: [1]),
      theirs: Self.measurement("torch", compute: compute, seconds: [1]))
    #expect((comparison.difference == nil) == same)
  }

  @Test(
    arguments: [("aa", "aa", true), ("aa", "ab", false), ("aa", nil, false), (nil, "aa", false)]
      as [(String?, String?, Bool)])
  func differentIdsAreDifferentWork(ours: String?, theirs: String?, same: Bool) {
    let workload = Workload("text", nil, .tokenization(bytes: 100), threads: 1)
    func side(_ digest: String?) -> Measurement {
      let outcome = StepOutcome(digest: digest)
      return Measurement(
        workload: workload, side: "one", threads: 1,
        ready: WorkerReady(compute: "bf16", first: outcome), second: outcome)
    }
    let comparison = Comparison(workload: workload, ours: side(ours), theirs: side(theirs))
    #expect((comparison.difference == nil) == same)
    #expect(comparison.json["same_work"]?.boolValue == same)
    if ours != nil {
      #expect(ComparisonTable.row(comparison).contains(same ? "same ids" : "different ids"))
      #expect(comparison.ours.json["first_digest"]?.stringValue == ours)
    }
  }

  /// Beside the best PyTorch, speed counts in bf16 only, and memory is a share of PyTorch's.
  @Test(
    arguments: [
      ("float32", 1.3, []), ("float32", 1.2, []), ("bf16", 1.3, []), ("bf16", 1.2, ["speed"]),
    ] as [(String, Double, [String])])
  func theGoalBesideTheBestIsOneForBF16(compute: String, ratio: Double, misses: [String]) {
    var theirs = Self.measurement("torch", compute: "bfloat16", seconds: [ratio])
    theirs.peakBytes = 300_000_000
    func comparison(_ choice: PeerChoice) -> Comparison {
      Comparison(
        workload: Self.workload, ours: Self.measurement("genki", compute: compute, seconds: [1]),
        theirs: theirs, choice: choice)
    }
    let best = comparison(PeerChoice(.init(.bfloat16, .eager), isBest: true))
    #expect(best.misses == misses)
    #expect(best.goal?.beside == .best)
    let row = ComparisonTable.row(best)
    #expect(row.contains("≤ 0.15 GB"))
    #expect(row.contains("≥ 1.25") == (compute == "bf16"))
    #expect(best.json["goal"]?["speed_counts"]?.boolValue == (compute == "bf16"))
    // One way that was named is neither.
    #expect(comparison(PeerChoice(.init(.bfloat16, .eager))).goal == nil)
    theirs.peakBytes -= 1
    #expect(comparison(PeerChoice(.plain, isBest: true)).misses == misses + ["memory"])
  }

  @Test func theTableSaysWhatWasTriedAndWhatFailed() throws {
    let trials = [
      PeerTrial(.plain, tokensPerSecond: 50, firstLoss: 7),
      PeerTrial(.init(.float32, .compile), problem: "no compiler\n| at all"),
    ]
    let comparison = Comparison(
      workload: Self.workload, ours: Self.measurement("genki", seconds: [1]),
      theirs: Self.measurement("torch", seconds: [2], problem: "InductorError: g++"),
      choice: PeerChoice(.plain, trials: trials, isBest: true))
    let row = ComparisonTable.row(comparison)
    #expect(row.contains("| float32 eager (InductorError: g++) |"))
    #expect(
      row.hasSuffix(
        "| float32 eager 50.0; float32 compile failed (no compiler / at all) |"))
    let json = try JSONValue.parse(comparison.json.encoded(), source: "compare")
    #expect(json["best_of_theirs"]?.boolValue == true)
    #expect(json["tried"]?.arrayValue?.count == 2)
    #expect(json["tried"]?.arrayValue?.first?["tokens_per_second"]?.doubleValue == 50)
    #expect(
      json["tried"]?.arrayValue?.last?["problem"]?.stringValue == "no compiler\n| at all")
    #expect(json["theirs"]?["mode"] == "eager")
    #expect(json["theirs"]?["problem"] == "InductorError: g++")
  }

  @Test func runsLineHasTheFigures() throws {
    let json = Self.measurement("genki", seconds: [1, 4, 2]).json
    #expect(json["tokens_per_second_median"]?.doubleValue == 100)
    #expect(json["tokens_per_second_best"]?.doubleValue == 200)
    #expect(json["seconds_per_step"]?.doubleValue == 1)
    #expect(json["cpu_seconds_per_step"]?.doubleValue == 2)
    #expect(json["steps"]?.intValue == 6)
    #expect(json["tokens_per_step"]?.intValue == 100)
    #expect(json["first_loss"]?.doubleValue == 7)
    #expect(json["peak_rss_bytes"]?.intValue == 150_000_000)
    #expect(try JSONValue.parse(json.encoded(), source: "run")["side"] == "genki")
  }

  @Test func roundsAreRelatedToTheFirstWorkload() {
    let rounds = TurnRounds(measurements: [
      Self.measurement("genki", seconds: [2, 2, 2]), Self.measurement("genki", seconds: [1, 1, 2]),
    ])
    #expect(rounds.ratios(0).values == [1, 1, 1])
    #expect(rounds.ratios(1).median == 2)
    #expect(rounds.lines.last == "| small | 2 | 200.0 | 2.00 (1.00–2.00) |")
  }

  @Test(
    arguments: [(1.006, 2, "1.01"), (0.049, 1, "0.0"), (-2.5, 0, "-3"), (12, 2, "12.00")]
      as [(Double, Int, String)])
  func numbersHaveFixedDecimals(value: Double, places: Int, text: String) {
    #expect(ComparisonTable.fixed(value, places) == text)
  }
}
