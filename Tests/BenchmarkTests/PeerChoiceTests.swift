import BenchmarkSupport
import GenkiCore
import Testing

/// Which of PyTorch's ways takes part, with workers that a shell plays.
@Suite struct PeerChoiceTests {
  private static let evaluation = Workload("losses", .demo, .evaluation(rows: 2, blockSize: 50))
  private static let training = Workload(
    "steps", .demo, .training(rows: 2, blockSize: 50, adapter: nil))
  private static let compiled = PeerSetting(.float32, .compile)
  private static let narrow = PeerSetting(.bfloat16, .eager)

  private static func attempt(
    _ setting: PeerSetting, _ script: String, earlier: [PeerTrial] = [], seconds: Double = 60
  ) throws -> PeerTrial {
    try PeerTrial.run(
      setting,
      command: PeerCommand(side: "shell", program: "/bin/sh", arguments: ["-c", script]),
      workload: evaluation, earlier: earlier,
      conditions: .init(turnSeconds: 1, secondsMaximum: seconds, check: {}))
  }

  private static func worker(
    loss: Double = 2.5, problem: String = "null", seconds: [Double]
  ) -> String {
    let ready = #"{"compute":"float32","mode":"eager","problem":\#(problem),"loss":\#(loss)}"#
    let turns = seconds.map {
      #"read order; echo '{"steps":1,"seconds":\#($0),"cpu_seconds":1,"loss":2}'"#
    }
    return (["echo '\(ready)'"] + turns + ["exit 9"]).joined(separator: "; ")
  }

  @Test(
    arguments: [
      ([(100, nil), (120, nil), (90, nil)], 1), ([(100, nil), (100, nil)], 0),
      ([(100, "broken"), (10, nil)], 1), ([(nil, "broken"), (nil, "broken")], nil),
      ([(.nan, nil), (1, nil)], 1), ([(.infinity, nil), (1, nil)], 1), ([], nil),
    ] as [([(Double?, String?)], Int?)])
  func theFastestWithoutAProblemWins(trials: [(Double?, String?)], winner: Int?) {
    let settings = Self.evaluation.peerSettings
    let all = trials.enumerated().map {
      PeerTrial(settings[$0], tokensPerSecond: $1.0, problem: $1.1)
    }
    #expect(PeerChoice.winner(of: all) == winner.map { all[$0] })
  }

  @Test func whatIsTrainedIsNotFrozenAndTheRestHasNoChoice() throws {
    #expect(
      Self.evaluation.peerSettings.map(\.label) == [
        "float32 eager", "float32 compile", "float32 frozen", "bfloat16 eager",
        "bfloat16 compile", "bfloat16 frozen",
      ])
    #expect(Self.training.peerSettings.allSatisfy { $0.mode != .frozen })
    #expect(throws: BenchmarkError.noSetting(workload: "steps", setting: "bfloat16 frozen")) {
      try PeerChoice.candidates(Self.training, dataType: .bfloat16, mode: .frozen)
    }
    #expect(
      try PeerChoice.candidates(Self.training, dataType: .float32, mode: nil)
        == [.plain, Self.compiled])
    let text = Workload("text", nil, .tokenization(bytes: 100))
    #expect(try PeerChoice.candidates(text, dataType: .bfloat16, mode: .frozen) == [.plain])
  }

  @Test func onlyAllWaysTogetherGiveTheBest() throws {
    func choice(_ candidates: [PeerSetting]) throws -> PeerChoice {
      try PeerChoice.best(of: candidates, workload: Self.training, note: { _ in }) { setting, _ in
        PeerTrial(setting, tokensPerSecond: setting == Self.narrow ? 3 : 2)
      }
    }
    let all = try choice(Self.training.peerSettings)
    #expect(all.isBest && all.setting == Self.narrow && all.trials.count == 4)
    let some = try choice([.plain, Self.compiled])
    #expect(!some.isBest && some.setting == .plain)
    // One that is named needs no trial.
    #expect(try choice([Self.compiled]) == PeerChoice(Self.compiled))
  }

  @Test func nothingThatWorksEndsTheComparison() {
    let expected = BenchmarkError.nothingWorks(workload: "steps", problem: "no memory")
    #expect(throws: expected) {
      try PeerChoice.best(
        of: Self.training.peerSettings, workload: Self.training, note: { _ in }
      ) { setting, _ in PeerTrial(setting, problem: "no memory") }
    }
  }

  @Test func theBestOfThreeTurnsCounts() throws {
    let trial = try Self.attempt(.plain, Self.worker(seconds: [2, 2, 1, 4]))
    #expect(trial == PeerTrial(.plain, tokensPerSecond: 100, firstLoss: 2.5))
  }

  @Test func whoIsFarBehindIsNotMeasuredFurther() throws {
    // It would end at the next order.
    let trial = try Self.attempt(
      Self.narrow, Self.worker(seconds: [10]),
      earlier: [PeerTrial(.plain, tokensPerSecond: 31, firstLoss: 2.5)])
    #expect(trial.tokensPerSecond == 10 && trial.problem == nil)
  }

  @Test func aModelThatIsNotCompiledIsATrialThatFailed() throws {
    let trial = try Self.attempt(
      Self.compiled, Self.worker(problem: #""no C++ compiler""#, seconds: []))
    #expect(
      trial == PeerTrial(Self.compiled, firstLoss: 2.5, problem: "no C++ compiler"))
  }

  @Test func aProcessThatDiesOrIsSilentIsATrialThatFailed() throws {
    let died = try Self.attempt(Self.compiled, "echo 'out of memory' >&2; exit 3")
    #expect(died.problem?.contains("out of memory") == true)
    let silent = try Self.attempt(Self.compiled, "read order", seconds: 0.3)
    #expect(silent.problem?.contains("took too long") == true)
    #expect(silent.tokensPerSecond == nil)
  }

  @Test(
    arguments: [(2.5, true), (2.54, true), (2.56, false), (.nan, false), (nil, false)]
      as [(Double?, Bool)])
  func aWayWithAnotherLossIsNotTheSameWork(loss: Double?, same: Bool) {
    let earlier = [
      PeerTrial(Self.compiled, firstLoss: 9, problem: "broken"),
      PeerTrial(.plain, tokensPerSecond: 1, firstLoss: 2.5),
    ]
    #expect((PeerTrial.difference(loss, from: earlier) == nil) == same)
    // In decoding there is none.
    #expect(PeerTrial.difference(nil, from: [PeerTrial(.plain, tokensPerSecond: 1)]) == nil)
  }

  @Test func whatAWorkerSaysOfItsModeTravels() throws {
    let ready = WorkerReady(
      compute: "bfloat16", first: .init(loss: 1), mode: "frozen", problem: "p", compiled: "graphs 1"
    )
    #expect(try WorkerReady(json: ready.json, source: "worker") == ready)
  }

  @Test func theOtherSideIsToldItsModeAndCompilesIntoTheCache() throws {
    let workload = try #require(try WorkloadTable.named(["smollm2-evaluation"]).first)
    let command = try PeerCommand.other(
      workload, python: "python", script: "torch_peer.py", setting: .init(.bfloat16, .frozen),
      inputs: MeasureInputs(cache: "cache"), threads: 2)
    #expect(
      command.arguments.dropFirst().prefix(4) == ["--dtype", "bfloat16", "--mode", "frozen"])
    #expect(command.environment["TORCHINDUCTOR_CACHE_DIR"] == "cache/inductor")
  }
}
