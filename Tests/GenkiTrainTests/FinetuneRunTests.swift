import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTrain
import TestSupport
import Testing

struct FinetuneRunTests {
  @Test func aRunLowersTheLossAndTellsEverything() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    options.length = .steps(30)
    options.checkpointEvery = 10
    options.evaluationEvery = 15
    let log = EventLog()
    let summary = try #require(try FinetuneRun(options).run(onEvent: log.add).summary)
    #expect(log.names.first == "start")
    #expect(log.names.last == "done")
    #expect(log.steps == 30)
    #expect(log.names.count { $0 == "checkpoint" } == 2)
    #expect(log.names.count { $0 == "eval" } == 3)
    let before = try #require(summary.baseEvaluationLoss)
    #expect(try #require(summary.evaluationLoss) < before - 0.5)
    #expect(try #require(log.losses.last) < log.losses[0])
    #expect(
      try SHA256Hasher.digest(ofFile: options.out + "/model.safetensors").hex == summary.digest)
    #expect(throws: Never.self) { try LanguageModel.load(folder: options.out) }
  }

  @Test func theLastTwoCheckpointsAreKeptWhileTheRunGoesOnAndNoneAfterwards() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    options.checkpointEvery = 1
    let state = options.out + "/.genki-run"
    func checkpoints() -> Int {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: state)) ?? []
      return names.count { $0.hasPrefix("step-") }
    }
    var most = 0
    _ = try FinetuneRun(options).run(onEvent: { _ in most = max(most, checkpoints()) })
    #expect(most == 2)
    #expect(checkpoints() == 0)
  }

  @Test(arguments: FinetuneOptions.Method.allCases, [0, 1, 2, 3, 5])
  func aStoppedRunGoesOnToTheSameBytes(
    method: FinetuneOptions.Method, stopAfter: Int
  ) throws {
    let tiny = try TinyBase()
    var options = tiny.options(out: "whole")
    options.method = method
    options.dropout = method == .lora ? 0.2 : 0
    options.schedule = .cosine
    options.warmupSteps = 2
    options.gradientAccumulation = 2
    let whole = try #require(try FinetuneRun(options).run().summary)
    options.out = tiny.folder.file("parts")
    let log = EventLog()
    let outcome = try FinetuneRun(options).run(
      shouldStop: { log.steps == stopAfter && !log.names.isEmpty }, onEvent: log.add)
    guard case .stopped(let step, _) = outcome else {
      Issue.record("the run did not stop")
      return
    }
    #expect(step == stopAfter)
    options.resume = true
    let resumed = EventLog()
    let parts = try #require(try FinetuneRun(options).run(onEvent: resumed.add).summary)
    #expect(resumed.steps == 6 - stopAfter)
    #expect(parts.digest == whole.digest)
    #expect(parts.trainLoss == whole.trainLoss)
    #expect(parts.evaluationLoss == whole.evaluationLoss)
    #expect(parts.baseEvaluationLoss == whole.baseEvaluationLoss)
  }

  @Test func aDamagedCheckpointGivesWayToTheOneBefore() throws {
    let tiny = try TinyBase()
    var options = tiny.options(out: "whole")
    let whole = try #require(try FinetuneRun(options).run().summary)
    options.out = tiny.folder.file("parts")
    let log = EventLog()
    _ = try FinetuneRun(options).run(shouldStop: { log.steps == 5 }, onEvent: log.add)
    let last = options.out + "/.genki-run/step-000000005.safetensors"
    let bytes = try Data(contentsOf: URL(filePath: last))
    try bytes.prefix(bytes.count / 2).write(to: URL(filePath: last))
    options.resume = true
    let resumed = EventLog()
    let summary = try #require(try FinetuneRun(options).run(onEvent: resumed.add).summary)
    #expect(resumed.steps == 2)
    #expect(summary.digest == whole.digest)
  }

  @Test func resumingAFinishedRunTellsItsResultAgain() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    let first = try #require(try FinetuneRun(options).run().summary)
    options.resume = true
    let log = EventLog()
    let second = try #require(try FinetuneRun(options).run(onEvent: log.add).summary)
    #expect(second == first)
    #expect(log.names == ["done"])
  }

  @Test func resumeWithoutARunBeginsOne() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    options.resume = true
    #expect(try FinetuneRun(options).run().summary?.steps == 6)
  }

  @Test func anAdapterIsWrittenForItsBase() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    options.method = .lora
    options.rank = 2
    options.targetModules = ["c_attn"]
    _ = try FinetuneRun(options).run()
    let configuration = try AdapterConfiguration.load(
      path: options.out + "/adapter_config.json")
    #expect(configuration.rank == 2)
    #expect(configuration.targetModules == ["c_attn"])
    #expect(throws: Never.self) {
      try LanguageModel.load(folder: tiny.base, adapterFolder: options.out)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: options.out).sorted()
    #expect(names == [".genki-run", "adapter_config.json", "adapter_model.safetensors"])
  }

  @Test func theSameRunTwiceMakesTheSameBytesAndAnotherSeedOthers() throws {
    let tiny = try TinyBase()
    let first = try #require(try FinetuneRun(tiny.options(out: "a")).run().summary)
    let second = try #require(try FinetuneRun(tiny.options(out: "b")).run().summary)
    var other = tiny.options(out: "c")
    other.seed = 1
    #expect(first.digest == second.digest)
    #expect(try FinetuneRun(other).run().summary?.digest != first.digest)
  }

  @Test func gradientAccumulationIsOneLargerBatch() throws {
    let tiny = try TinyBase()
    var options = tiny.options(out: "one")
    options.batchRows = 4
    let large = EventLog()
    _ = try FinetuneRun(options).run(onEvent: large.add)
    options.out = tiny.folder.file("two")
    options.batchRows = 2
    options.gradientAccumulation = 2
    let small = EventLog()
    _ = try FinetuneRun(options).run(onEvent: small.add)
    for (left, right) in zip(large.losses, small.losses) { #expect(abs(left - right) < 1e-4) }
  }

  @Test func sequentialStepsTakeTheWindowsInTheOrderOfTheText() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    options.order = .sequential
    options.evaluationFraction = nil
    options.learningRate = 0
    options.weightDecay = 0
    let log = EventLog()
    let summary = try #require(try FinetuneRun(options).run(onEvent: log.add).summary)
    #expect(summary.evaluationLoss == nil)
    // Without a learning rate the loss of step s is that of windows 2s and 2s + 1.
    let tokenizer = try Tokenizer.load(path: tiny.base)
    let tokens = tokenizer.encode(TinyBase.text(lines: 120))
    let evaluator = try Evaluator(
      model: LanguageModel.load(folder: tiny.base), blockSize: 16, rowsMaximum: 2, threads: 1)
    let windows = (tokens.count - 1) / 16
    for step in 0..<6 {
      let starts = (0..<2).map { (step * 2 + $0) % windows * 16 }
      let losses = try evaluator.tokenLosses(
        TokenBatch(
          rows: 2, blockSize: 16, inputs: starts.flatMap { tokens[$0..<($0 + 16)] },
          targets: starts.flatMap { tokens[($0 + 1)..<($0 + 17)] }))
      let mean = losses.reduce(0.0) { $0 + Double($1) } / 32
      #expect(abs(mean - log.losses[step]) < 1e-5)
    }
  }

  @Test func epochsAreRoundedUpToWholeSteps() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    options.evaluationFraction = 0
    options.length = .epochs(1)
    var windows = 0
    let summary = try FinetuneRun(options).run(onEvent: { event in
      if case .start(let plan) = event { windows = plan.trainingWindows }
    }).summary
    #expect(summary?.steps == (windows + 1) / 2)
  }
}
