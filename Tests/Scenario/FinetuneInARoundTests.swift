import Foundation
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiMiner
import GenkiModel
import GenkiRound
import GenkiService
import GenkiTrain
import TestSupport
import Testing

/// How a daemon stores a full finetune follows the round that it is for.
struct FinetuneInARoundTests {
  private let folder: TemporaryFolder
  private let place = Vectors.path("cases/01-full-finetune-of-16-bit-base-is-rejected")

  private static let defaults = MinerConfiguration(
    defaults: DefaultPaths(role: .miner, environment: [:]))

  init() throws { folder = try TemporaryFolder() }

  /// A round on a base of the case; nil is a round under the rules of before.
  private func round(_ base: String, damaType: String?) throws -> KnownRound {
    let hash = SHA256Hasher.digest(of: [])
    let rules = RoundRules(
      stepSize: 0.125, revealBlocks: 1, evaluationDelayBlocks: 1, blockSize: 16,
      evaluationRows: 4, windowsMaximum: nil, probeWindows: 4, validationSet: [],
      methods: ["full", "lora"], submissionBytesMaximum: 1 << 30, rankMaximum: 64,
      changeRatioMaximum: 0.5, matrixChangeRatioMaximum: 1, strategy: "weighted-mean",
      normBound: 3, damaDtype: damaType)
    return KnownRound(
      announced: AnnouncedRound(
        round: 1, opensAt: 1, lengthBlocks: 10,
        repository: try #require(RepositoryID("dama/dama-r1")),
        revision: try #require(Revision(hex: String(repeating: "1f", count: 20))),
        manifestPrefix: "00"),
      document: RoundDocument(
        round: 1, baseContentHash: hash, rules: rules, made: nil, seen: []),
      folder: base, weightsSha256: nil)
  }

  private func train(
    _ base: String, dtype: String, method: String = "full", damaType: String?
  ) throws -> Set<TensorType> {
    var settings = Self.defaults.finetune
    (settings.method, settings.dtype, settings.steps, settings.batch) = (method, dtype, 1, 1)
    let job = Job(round: 1, base: base, datasets: ["text"], seed: 1, out: folder.file("out"))
    let text = "\(place)/text.txt"
    let dataset = DatasetRecord(
      name: "text", path: text, chatTemplate: nil, origin: .rpc, bytes: 3000,
      sha256: try SHA256Hasher.digest(ofFile: text))
    _ = try LocalFinetuner(settings, compute: Self.defaults.compute).run(
      job, datasets: [dataset], round: try round(base, damaType: damaType),
      shouldStop: { false }, onEvent: { _ in })
    let weights = try WeightSet.open(folder: job.out)
    return Set(weights.names.compactMap { weights.info($0)?.type })
  }

  @Test(arguments: ["float32", "base"])
  func unaskedNothingIsLost(_ damaType: String) throws {
    #expect(try train("\(place)/base-bf16", dtype: "auto", damaType: damaType) == [.F32])
  }

  @Test(arguments: [("base-bf16", TensorType.BF16), ("base-fp16", .F16)])
  func underTheRulesOfBeforeTheBasesTypeIsTaken(_ base: String, _ type: TensorType) throws {
    #expect(try train("\(place)/\(base)", dtype: "auto", damaType: nil) == [type])
  }

  @Test func anAdapterIsFloat32UnderAnyRules() throws {
    #expect(
      try train("\(place)/base-bf16", dtype: "auto", method: "lora", damaType: nil) == [.F32])
  }

  @Test(arguments: [
    ("float32", nil), ("float16", nil), ("float16", "float32"), ("float16", "base"),
  ])
  func whatTheRoundRefusesIsNotTrained(_ dtype: String, _ damaType: String?) throws {
    let error = #expect(throws: FinetuneError.self) {
      try train("\(place)/base-bf16", dtype: dtype, damaType: damaType)
    }
    let words = "\(try #require(error))"
    #expect(words.contains(dtype) && words.contains("BF16") && words.contains("auto"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
  }

  @Test func aTypeThatIsNoneIsRefusedWithTheList() throws {
    let error = #expect(throws: JobOptionError.self) {
      try JobOptions.options(
        Self.defaults.finetune, overrides: ["dtype": "int8"], base: "", data: [], out: "")
    }
    #expect("\(try #require(error))".contains("bfloat16"))
    #expect(
      try JobOptions.options(
        Self.defaults.finetune, overrides: ["dtype": "base"], base: "", data: [], out: ""
      ).storage == .base)
  }

  @Test func aJobGoesOnWithAnAdapterWhateverTheConfigurationSaysOfFreshOnes() throws {
    var settings = Self.defaults.finetune
    settings.rank = 16
    settings.alpha = 32
    settings.targetModules = ["q_proj"]
    func options(_ overrides: [String: String]) throws -> FinetuneOptions {
      try JobOptions.options(
        settings, overrides: overrides, base: "base", data: ["text"], out: "out")
    }
    let made = try options(["adapter": "/srv/adapter", "steps": "3"])
    #expect(made.adapter == "/srv/adapter" && made.method == .lora)
    #expect(made.rank == nil && made.alpha == nil && made.targetModules == nil)
    #expect(throws: Never.self) { try made.validate() }
    for (name, value) in [
      ("rank", "4"), ("alpha", "4"), ("target_modules", "q_proj"), ("method", "full"),
    ] {
      let error = #expect(throws: JobOptionError.self) {
        try options(["adapter": "/srv/adapter", name: value])
      }
      #expect(error?.name == name)
    }
    #expect(try options(["adapter": "/srv/adapter", "method": "lora"]).method == .lora)
  }
}
