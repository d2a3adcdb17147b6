import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTensor
import GenkiTrain
import TestSupport
import Testing

/// What `--compute` does to a run: its result, its record, and how it goes on.
struct ComputePrecisionTests {
  private static let hasBFloat16 = ProductKernel.wideBFloat16.isAvailable

  private func start(_ log: EventLog) -> FinetunePlan? {
    log.events.lazy.compactMap { if case .start(let plan) = $0 { plan } else { nil } }.first
  }

  @Test(arguments: FinetuneOptions.Method.allCases)
  func lossesInBFloat16AreWithinHalfAPercent(method: FinetuneOptions.Method) throws {
    guard Self.hasBFloat16 else { return }
    let tiny = try TinyBase()
    var losses: [ComputePrecision: Double] = [:]
    for compute in [ComputePrecision.float32, .bf16] {
      var options = tiny.options(out: compute.rawValue)
      options.method = method
      options.compute = compute
      options.length = .steps(200)
      options.learningRate = method == .full ? 1e-3 : 1e-2
      let log = EventLog()
      let summary = try #require(try FinetuneRun(options).run(onEvent: log.add).summary)
      #expect(start(log)?.compute == compute)
      losses[compute] = summary.evaluationLoss
      // Otherwise two runs that learned nothing would agree.
      let gained = try #require(summary.baseEvaluationLoss) - #require(summary.evaluationLoss)
      #expect(gained > (method == .full ? 0.5 : 0.005), "\(gained)")
    }
    let (exact, rounded) = (try #require(losses[.float32]), try #require(losses[.bf16]))
    #expect(abs(rounded - exact) < 0.005 * exact, "\(rounded) and \(exact)")
    #expect(rounded != exact)
  }

  @Test(arguments: FinetuneOptions.Method.allCases)
  func aStoppedRunInBFloat16GoesOnToTheSameBytes(method: FinetuneOptions.Method) throws {
    guard Self.hasBFloat16 else { return }
    let tiny = try TinyBase()
    var options = tiny.options(out: "whole")
    options.method = method
    options.compute = .bf16
    let whole = try #require(try FinetuneRun(options).run().summary)
    options.out = tiny.folder.file("parts")
    let log = EventLog()
    _ = try FinetuneRun(options).run(shouldStop: { log.steps == 3 }, onEvent: log.add)
    // Without a word about it the run goes on as it began.
    options.compute = nil
    options.resume = true
    let resumed = EventLog()
    let parts = try #require(try FinetuneRun(options).run(onEvent: resumed.add).summary)
    #expect(parts.digest == whole.digest)
    #expect(start(resumed)?.compute == .bf16)
    #expect(start(resumed)?.begunWithCompute == nil)
  }

  @Test func anotherPrecisionOnResumeIsTold() throws {
    guard Self.hasBFloat16 else { return }
    let tiny = try TinyBase()
    var options = tiny.options()
    let log = EventLog()
    _ = try FinetuneRun(options).run(shouldStop: { log.steps == 2 }, onEvent: log.add)
    #expect(start(log)?.compute == .float32)
    options.resume = true
    for (asked, used) in [(ComputePrecision.auto, ComputePrecision.float32), (.bf16, .bf16)] {
      options.compute = asked
      let resumed = EventLog()
      // The run is stopped at once, so that it can be resumed again.
      _ = try FinetuneRun(options).run(shouldStop: { true }, onEvent: resumed.add)
      #expect(start(resumed)?.compute == used)
      #expect(start(resumed)?.begunWithCompute == (used == .bf16 ? .float32 : nil))
    }
  }

  @Test(arguments: [1, 2, 3])
  func withOurOwnProductsTheThreadsDoNotShowInTheResult(threads: Int) throws {
    guard ProductKernel.wideFloat32.isAvailable else { return }
    let tiny = try TinyBase()
    var digests: Set<String> = []
    for (run, count) in [1, threads].enumerated() {
      var options = tiny.options(out: "out-\(run)")
      options.threads = count
      digests.insert(try #require(try FinetuneRun(options).run().summary).digest)
    }
    #expect(digests.count == 1)
  }

  @Test(arguments: FinetuneOptions.Method.allCases)
  func memoryIsPlannedFromTheConfigurationAlone(method: FinetuneOptions.Method) throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    options.method = method
    let plan = try FinetuneMemory.plan(options)
    let log = EventLog()
    _ = try FinetuneRun(options).run(onEvent: log.add)
    let stated = try #require(start(log))
    let tokens = (stated.trainingWindows + stated.validationWindows) * 16 * 8
    #expect(plan.plannedBytes + tokens == stated.plannedBytes)
    options.memoryBytesMaximum = plan.plannedBytes - 1
    #expect(
      throws: FinetuneError.memory(
        neededBytes: plan.plannedBytes, availableBytes: plan.plannedBytes - 1)
    ) { _ = try FinetuneMemory.plan(options) }
  }
}
