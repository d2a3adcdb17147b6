import Foundation
import GenkiCore
import GenkiTrain
import TestSupport
import Testing

/// Passes over the data are as many as were asked for.
struct EpochTests {
  private let folder: TemporaryFolder
  private let place = Vectors.path("cases/07-epochs-rounded-up-each-time")

  init() throws { folder = try TemporaryFolder() }

  /// The case's nine rows in batches of eight.
  private func options(epochs: Double) -> FinetuneOptions {
    var options = FinetuneOptions(
      base: "\(place)/base", data: ["\(place)/rows.jsonl"], out: folder.file("out"))
    options.length = .epochs(epochs)
    options.blockSize = 32
    options.batchRows = 8
    options.evaluationFraction = 0
    options.threads = 1
    return options
  }

  private func plan(_ options: FinetuneOptions) throws -> FinetunePlan {
    var found: FinetunePlan?
    _ = try FinetuneRun(options).run(
      shouldStop: { true }, onEvent: { if case .start(let plan) = $0 { found = plan } })
    return try #require(found)
  }

  @Test func threePassesOverNineRowsAreThreePasses() throws {
    let expected = try JSONValue.parse(file: "\(place)/expected.json", sizeLimit: 1 << 16)
    let wanted = try #require(expected["windows_wanted"]?.intValue)
    let most = try #require(expected["windows_at_most"]?.intValue)
    let plan = try plan(options(epochs: 3))
    #expect((wanted...most).contains(plan.steps * 8))
    #expect(plan.trainingWindows == 9 && abs(plan.epochs - Double(plan.steps * 8) / 9) < 1e-12)
  }

  /// Passes, rows of a batch, batches of a step, and the fewest steps that see 9 times the passes.
  @Test(arguments: [
    (1.0, 9, 1, 1), (1.0, 8, 1, 2), (10.0, 16, 1, 6), (0.1, 1, 1, 1), (1.1, 1, 1, 10),
    (3.0, 4, 2, 4), (2.0, 3, 3, 2), (0.001, 8, 1, 1), (1e6, 9, 1, 1_000_000),
    // In floating point these products are a hair above 27 and below 63.
    (3.0000000000000004, 1, 1, 27), (6.999999999999999, 1, 1, 63),
  ])
  func stepsAreTheFewestThatSeeThePasses(
    _ epochs: Double, _ batch: Int, _ accumulation: Int, _ steps: Int
  ) throws {
    var options = options(epochs: epochs)
    options.batchRows = batch
    options.gradientAccumulation = accumulation
    #expect(try plan(options).steps == steps)
  }

  /// Runs of version 0.1.0 rounded every pass up: six steps here.
  @Test func aRunOfBeforeGoesOnWithItsSteps() throws {
    var begun = options(epochs: 1)
    begun.length = .steps(6)
    #expect(try plan(begun).steps == 6)
    var resumed = options(epochs: 3)
    resumed.resume = true
    #expect(try plan(resumed).steps == 6)
    resumed.length = .epochs(2)
    #expect(throws: FinetuneError.self) { try plan(resumed) }
  }
}
