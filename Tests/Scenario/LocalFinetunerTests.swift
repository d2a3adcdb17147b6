import GenkiCore
import GenkiMiner
import GenkiRound
import GenkiService
import GenkiTrain
import TestSupport
import Testing

/// The finetuner of a daemon with data sets of conversations.
struct LocalFinetunerTests {
  private let folder: TemporaryFolder
  private let finetuner: LocalFinetuner
  private static let base =
    Vectors.path("cases/09-system-history-weight-fields-ignored/base")

  init() throws {
    folder = try TemporaryFolder()
    var configuration = MinerConfiguration(defaults: DefaultPaths(role: .miner, environment: [:]))
    configuration.finetune.steps = 1
    configuration.finetune.blockSize = 32
    configuration.compute.threads = 1
    finetuner = LocalFinetuner(configuration.finetune, compute: configuration.compute)
  }

  private func dataset(_ name: String, _ template: String?) throws -> DatasetRecord {
    let line = #"{"question": "What is near?", "answer": "The sea."}"#
    let path = try folder.write(line + "\n", to: name + ".jsonl")
    return DatasetRecord(
      name: name, path: path, chatTemplate: template, origin: .rpc, bytes: line.utf8.count + 1,
      sha256: try SHA256Hasher.digest(ofFile: path))
  }

  /// What a job plans with data sets of these templates.
  private func plan(_ templates: [String?], round: KnownRound? = nil) throws -> FinetunePlan {
    let datasets = try templates.enumerated().map { try dataset("set\($0)", $1) }
    let job = Job(
      round: round?.round, base: Self.base, datasets: datasets.map(\.name), seed: 1,
      out: folder.file("out"))
    var plan: FinetunePlan?
    let made = try finetuner.run(
      job, datasets: datasets, round: round, shouldStop: { false },
      onEvent: { if case .start(let start) = $0 { plan = start } })
    #expect(made != nil)
    return try #require(plan)
  }

  @Test func eachDataSetIsWrittenInItsOwnTemplate() throws {
    let plan = try plan(["plain", nil, "chatml"])
    #expect(plan.settings.values["chat_template"] == ["plain", "of the base", "chatml"])
    let tokens = plan.data.files.map(\.tokens)
    // The base's own template is ChatML.
    #expect(tokens[1] == tokens[2] && tokens[0] != tokens[1])
    #expect(
      plan.data.files.map { $0.notes.contains { $0.contains("plain") } } == [
        true, false, false,
      ])
  }
}
