import GenkiCore
import GenkiData
import GenkiHub
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

  private static let line = #"{"question": "What is near?", "answer": "The sea."}"#

  private func dataset(
    _ name: String, _ template: String?, line: String
  ) throws -> DatasetRecord {
    let path = try folder.write(line + "\n", to: name + ".jsonl")
    return DatasetRecord(
      name: name, path: path, chatTemplate: template, origin: .rpc, bytes: line.utf8.count + 1,
      sha256: try SHA256Hasher.digest(ofFile: path))
  }

  /// What a job plans with data sets of these templates.
  private func plan(
    _ templates: [String?], round: KnownRound? = nil, line: String = line
  ) throws -> FinetunePlan {
    let datasets = try templates.enumerated().map { try dataset("set\($0)", $1, line: line) }
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

  /// A round whose rules are these.
  private func round(damaDtype: String?) throws -> KnownRound {
    let rules = RoundRules(
      stepSize: 0.125, revealBlocks: 5, evaluationDelayBlocks: 1, blockSize: 32,
      evaluationRows: 8, windowsMaximum: nil, probeWindows: 4, validationSet: [],
      methods: ["full"], submissionBytesMaximum: 1 << 20, rankMaximum: 8, changeRatioMaximum: 1,
      matrixChangeRatioMaximum: 1, strategy: "weighted-mean", normBound: 3,
      damaDtype: damaDtype)
    let digest = SHA256Hasher.digest(of: Array("base".utf8))
    return KnownRound(
      announced: AnnouncedRound(
        round: 3, opensAt: 1, lengthBlocks: 10,
        repository: try #require(RepositoryID("dama/dama-r3")),
        revision: try #require(Revision(hex: String(repeating: "a", count: 40))),
        manifestPrefix: String(repeating: "0", count: 48)),
      document: RoundDocument(
        round: 3, baseContentHash: digest, rules: rules, made: nil, seen: []),
      folder: Self.base, weightsSha256: nil)
  }

  /// Under these one template holds for all, and a question with an answer is no example.
  @Test func aRoundUnderTheRulesOfVersionOneKeepsThem() throws {
    #expect(throws: DataError.self) { try plan(["plain"], round: round(damaDtype: nil)) }
    let line = #"{"prompt": "What is near?", "completion": "The sea."}"#
    let known = try plan([nil, "plain"], round: round(damaDtype: nil), line: line)
    #expect(known.settings.values["chat_template"] == "plain")
    #expect(known.settings.values["data_rules"] == nil)
  }

  @Test func aNewRoundHasTheCurrentRules() throws {
    let plan = try plan(["plain", nil], round: round(damaDtype: "base"))
    #expect(plan.settings.values["chat_template"] == ["plain", "of the base"])
    #expect(plan.settings.values["data_rules"] == "current")
  }
}
