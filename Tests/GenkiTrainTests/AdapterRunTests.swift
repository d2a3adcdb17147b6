import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTrain
import TestSupport
import Testing

/// Finetunes that go on training an adapter.
struct AdapterRunTests {
  private let place = Vectors.path("cases/14-adapter-forms-refused")

  /// A run on an adapter by peft.
  private func run(on adapter: String, in folder: TemporaryFolder) -> FinetuneOptions {
    var options = FinetuneOptions(
      base: "\(place)/base", data: ["\(place)/text.txt"], out: folder.file("out"))
    options.method = .lora
    options.adapter = adapter
    options.length = .steps(3)
    options.batchRows = 2
    options.blockSize = 32
    options.learningRate = 1e-3
    options.evaluationFraction = 0.1
    options.threads = 1
    return options
  }

  private func configuration(_ folder: String) throws -> JSONValue {
    try JSONValue.parse(
      file: "\(folder)/\(ModelFiles.adapterConfiguration)", sizeLimit: 1 << 20)
  }

  @Test(arguments: ["regex-target", "layers-to-transform", "exclude-modules"])
  func theFormsOfTheConfigurationSurvive(_ name: String) throws {
    let folder = try TemporaryFolder()
    let adapter = "\(place)/\(name)"
    let options = run(on: adapter, in: folder)
    let log = EventLog()
    _ = try FinetuneRun(options).run(onEvent: log.add)
    let (before, after) = (try configuration(adapter), try configuration(options.out))
    for key in [
      "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules",
      "layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern", "use_rslora",
    ] {
      #expect(before[key] == after[key], "\(key)")
    }
    #expect(after["base_model_name_or_path"]?.stringValue == options.base)
    let (old, new) = (
      try AdapterWeights.open(folder: adapter), try AdapterWeights.open(folder: options.out)
    )
    #expect(old.modules == new.modules)
    #expect(try new.weights.contentDigest() != old.weights.contentDigest())
    guard case .start(let plan)? = log.events.first else { return }
    #expect(plan.trainableParameters >= old.weights.elementCount)
    #expect(plan.trainableParameters < old.weights.elementCount + 16 * old.weights.names.count)
  }

  @Test func aRunBeginsWhereTheAdapterEnded() throws {
    let tiny = try TinyBase()
    var options = tiny.options(out: "first")
    options.method = .lora
    options.rank = 2
    options.alpha = 6
    options.dropout = 0.1
    let first = try #require(try FinetuneRun(options).run().summary)
    var next = tiny.options(out: "second")
    next.method = .lora
    next.adapter = options.out
    let second = try #require(try FinetuneRun(next).run().summary)
    #expect(second.baseEvaluationLoss == first.evaluationLoss)
    #expect(try #require(second.evaluationLoss) < #require(first.evaluationLoss))
    #expect(try configuration(next.out)["lora_dropout"]?.doubleValue == 0.1)
    next.out = tiny.folder.file("third")
    next.dropout = 0
    _ = try FinetuneRun(next).run()
    #expect(try configuration(next.out)["lora_dropout"]?.doubleValue == 0)
  }

  @Test(arguments: [TensorType.F32, .BF16, .F16])
  func ranksAlphasAndTypesOfEachModuleAreTakenAsTheyAre(_ type: TensorType) throws {
    let tiny = try TinyBase()
    let adapter = tiny.folder.file("adapter")
    let model = try LanguageModel.load(folder: tiny.base)
    var made = AdapterConfiguration(
      rank: 2, alpha: 4, targetModules: ["c_attn", "c_fc"], useRankStabilizedScale: true)
    made.rankPattern = [(try ModulePattern(key: "h.0.*c_fc"), 3)]
    made.alphaPattern = [(try ModulePattern(key: "c_(fc|proj)"), 9)]
    try model.attachAdapter(made, seed: 4)
    try model.saveAdapter(folder: adapter, type: type)
    var options = tiny.options()
    options.method = .lora
    options.adapter = adapter
    _ = try FinetuneRun(options).run()
    let written = try AdapterWeights.open(folder: options.out)
    #expect(written.modules.map(\.rank) == [2, 3])
    #expect(
      written.modules.map(\.scale) == [Float(4 / 2.0.squareRoot()), Float(9 / 3.0.squareRoot())])
    #expect(written.weights.names.allSatisfy { written.weights.info($0)?.type == .F32 })
    let json = try configuration(options.out)
    #expect(json["rank_pattern"] == ["h.0.*c_fc": 3])
    #expect(json["alpha_pattern"] == ["c_(fc|proj)": 9])
  }

  @Test func onlyTheSameAdapterIsResumed() throws {
    let tiny = try TinyBase()
    var options = tiny.options(out: "adapter")
    options.method = .lora
    _ = try FinetuneRun(options).run()
    options.adapter = options.out
    options.out = tiny.folder.file("whole")
    let whole = try #require(try FinetuneRun(options).run().summary)
    options.out = tiny.folder.file("parts")
    let log = EventLog()
    _ = try FinetuneRun(options).run(shouldStop: { log.steps == 3 }, onEvent: log.add)
    options.resume = true
    var other = options
    other.adapter = whole.out
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(other).run() }
    guard case .settingDiffers(_, "adapter", _, _)? = error else {
      Issue.record("\(error.map { "\($0)" } ?? "none")")
      return
    }
    other.adapter = nil
    #expect(throws: FinetuneError.self) { try FinetuneRun(other).run() }
    let parts = try #require(try FinetuneRun(options).run().summary)
    #expect(parts.digest == whole.digest)
  }

  @Test func whatTheAdapterHasCannotBeAskedFor() throws {
    let folder = try TemporaryFolder()
    let changes: [(String, (inout FinetuneOptions) -> Void)] = [
      ("--rank", { $0.rank = 4 }), ("--alpha", { $0.alpha = 4 }),
      ("--target-modules", { $0.targetModules = ["q_proj"] }),
      ("--method full", { $0.method = .full }),
    ]
    for (name, change) in changes {
      var options = run(on: "\(place)/regex-target", in: folder)
      change(&options)
      let error = #expect(throws: FinetuneError.self) { try FinetuneRun(options) }
      #expect(error?.what == name)
      #expect(error?.kind == .usage)
    }
  }

  @Test func whatIsNoAdapterForTheBaseIsRefusedBeforeAnythingIsMade() throws {
    let folder = try TemporaryFolder()
    var options = run(on: "\(place)/base", in: folder)
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    guard case .notAnAdapter? = error else {
      Issue.record("\(error.map { "\($0)" } ?? "none")")
      return
    }
    for name in ["embeddings-saved", "lm-head"] {
      options.adapter = "\(place)/\(name)"
      #expect(throws: AdapterError.self) { try FinetuneRun(options).run() }
    }
    options.adapter = Vectors.path("compute/gpt2/lora")
    #expect(throws: AdapterError.self) { try FinetuneRun(options).run() }
    #expect(!FileManager.default.fileExists(atPath: options.out))
  }

  @Test func memoryIsPlannedForTheModulesThatTheAdapterHas() throws {
    let folder = try TemporaryFolder()
    func planned(_ change: (inout FinetuneOptions) -> Void) throws -> Int {
      var options = run(on: "\(place)/layers-to-transform", in: folder)
      change(&options)
      return try FinetuneMemory.plan(options).plannedBytes
    }
    let one = try planned { _ in }
    let many = try planned { $0.adapter = "\(place)/exclude-modules" }
    // The same modules and ranks as a fresh adapter's.
    let fresh = try planned {
      $0.adapter = nil
      $0.rank = 2
      $0.targetModules = ["layers.1.self_attn.q_proj"]
    }
    #expect(one == fresh)
    #expect(one < many)
    var options = run(on: "\(place)/exclude-modules", in: folder)
    #expect(try options.adapterRank() == 2)
    options.adapter = nil
    #expect(try options.adapterRank() == 8)
  }
}
