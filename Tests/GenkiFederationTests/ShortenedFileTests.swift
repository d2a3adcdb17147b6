import Foundation
import GenkiCore
import GenkiFederation
import TestSupport
import Testing

/// Somebody shortens a model file while a validator works on it.
struct ShortenedFileTests {
  private let round: TinyRound
  private let folder: TemporaryFolder

  init() throws {
    round = try TinyRound.shared.get()
    folder = try TemporaryFolder()
    for name in ["base", "a", "b"] {
      try FileManager.default.copyItem(atPath: round.folder.file(name), toPath: folder.file(name))
    }
  }

  private func weights(_ name: String) -> String { folder.file("\(name)/model.safetensors") }

  /// What `body` throws; it is handed the deed, to be done once.
  private func damage(_ name: String, _ body: (@escaping @Sendable () -> Void) throws -> Void)
    -> FileError?
  {
    let path = weights(name)
    do {
      try body { truncate(path, 5_000) }
      return nil
    } catch {
      return error as? FileError
    }
  }

  private func isNamed(_ error: FileError?, _ name: String) -> Bool {
    guard case .truncated(let path, 5_000, _) = error else { return false }
    return path == weights(name)
  }

  @Test func theBaseOfASession() throws {
    let session = try EvaluationSession(
      base: BaseModel.open(folder: folder.file("base")), rows: 8, threads: 2)
    #expect(
      isNamed(
        damage("base") {
          $0(); try session.loadBase()
        }, "base"))
  }

  @Test(arguments: ["base", "a", "b"])
  func aModelThatIsScored(_ name: String) throws {
    let session = try EvaluationSession(
      base: BaseModel.open(folder: folder.file("base")), rows: 8, threads: 2)
    let run = try ScoreRun(session: session)
    let entries = ["a", "b"].enumerated().map { index, name in
      ScoreRun.Entry(
        name: name, folder: folder.file(name),
        order: OrderKey(
          block: UInt64(index), extrinsicIndex: 0, hotkey: [UInt8](repeating: 0, count: 32)))
    }
    let sets = TinyRound.heldOut(rows: 8)
    let error = damage(name) { shorten in
      _ = try run.report(entries, sets: sets, probe: sets) { _ in shorten() }
    }
    #expect(isNamed(error, name))
  }

  @Test(arguments: ["base", "a", "b"])
  func aModelThatIsMergedMakesNoNewBase(_ name: String) throws {
    let sets = TinyRound.heldOut(rows: 8)
    let job = AggregationJob(
      baseFolder: folder.file("base"),
      models: ["a", "b"].map { AggregationJob.Model(folder: folder.file($0)) },
      strategy: .weightedMean,
      heldOut: AggregationJob.HeldOut(sets: sets, records: [], seed: 1, rows: 8), threads: 2)
    let error = damage(name) { shorten in
      _ = try job.run(out: folder.file("out")) { _ in shorten() }
    }
    #expect(isNamed(error, name))
    #expect(try folder.names() == ["a", "b", "base"])
  }
}
