import Foundation
import GenkiCore
import GenkiTrain
import TestSupport
import Testing

struct FinetuneRefusalTests {
  /// An option's name and a change that makes its value unusable.
  struct BadOption: CustomTestStringConvertible, Sendable {
    let name: String
    let change: @Sendable (inout FinetuneOptions) -> Void
    var testDescription: String { name }
  }

  static let badOptions: [BadOption] = [
    BadOption(name: "--data") { $0.data = [] },
    BadOption(name: "--steps") { $0.length = .steps(0) },
    BadOption(name: "--epochs") { $0.length = .epochs(0) },
    BadOption(name: "--epochs") { $0.length = .epochs(.nan) },
    BadOption(name: "--batch") { $0.batchRows = 0 },
    BadOption(name: "--batch") {
      $0.batchRows = 1_048_576
      $0.gradientAccumulation = 65_536
    },
    BadOption(name: "--gradient-accumulation") { $0.gradientAccumulation = 0 },
    BadOption(name: "--block-size") { $0.blockSize = 0 },
    BadOption(name: "--block-size") { $0.blockSize = 65 },
    BadOption(name: "--learning-rate") { $0.learningRate = -1 },
    BadOption(name: "--learning-rate") { $0.learningRate = .infinity },
    BadOption(name: "--warmup-steps") { $0.warmupSteps = -1 },
    BadOption(name: "--weight-decay") { $0.weightDecay = -0.1 },
    BadOption(name: "--beta1") { $0.beta1 = 1 },
    BadOption(name: "--beta2") { $0.beta2 = -0.1 },
    BadOption(name: "--epsilon") { $0.epsilon = 0 },
    BadOption(name: "--clip-norm") { $0.clipNorm = 0 },
    BadOption(name: "--rank") { $0.rank = 0 },
    BadOption(name: "--alpha") { $0.alpha = 0 },
    BadOption(name: "--dropout") { $0.dropout = 1 },
    BadOption(name: "--target-modules") { $0.targetModules = ["q_proj", ""] },
    BadOption(name: "--eval-fraction") { $0.evaluationFraction = 1 },
    BadOption(name: "--eval-every") { $0.evaluationEvery = -1 },
    BadOption(name: "--checkpoint-every") { $0.checkpointEvery = -1 },
    BadOption(name: "--threads") { $0.threads = 0 },
    BadOption(name: "--bad-lines") { $0.badLinesMaximum = -1 },
    BadOption(name: "--order sequential") {
      $0.order = .sequential
      $0.data.append(.init(path: "other.txt"))
    },
  ]

  @Test(arguments: badOptions)
  func aBadOptionIsNamedAndNothingIsWritten(option: BadOption) throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    option.change(&options)
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    #expect(error?.what == option.name)
    #expect(error?.kind == .usage)
    #expect(error?.advice != nil)
    #expect(!FileManager.default.fileExists(atPath: options.out))
  }

  @Test func aFolderWithOtherFilesIsNeitherUsedNorResumed() throws {
    let tiny = try TinyBase()
    var options = tiny.options()
    try tiny.folder.write("mine", to: "out/notes.txt")
    #expect(throws: FinetuneError.outputNotEmpty(path: options.out)) {
      try FinetuneRun(options).run()
    }
    options.resume = true
    #expect(throws: FinetuneError.notARun(path: options.out)) { try FinetuneRun(options).run() }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: options.out) == ["notes.txt"])
  }

  @Test func anUnfinishedRunIsNotBegunAnew() throws {
    let tiny = try TinyBase()
    let options = try stopped(tiny)
    #expect(throws: FinetuneError.outputUnfinished(path: options.out)) {
      try FinetuneRun(options).run()
    }
  }

  @Test func aFinishedRunIsNotOverwritten() throws {
    let tiny = try TinyBase()
    let options = tiny.options()
    _ = try FinetuneRun(options).run()
    #expect(throws: FinetuneError.outputNotEmpty(path: options.out)) {
      try FinetuneRun(options).run()
    }
  }

  static let changedSettings: [(key: String, change: @Sendable (inout FinetuneOptions) -> Void)] = [
    ("learning_rate", { $0.learningRate = 1e-3 }),
    ("steps", { $0.length = .steps(7) }),
    ("batch", { $0.batchRows = 3 }),
    ("block_size", { $0.blockSize = 8 }),
    ("seed", { $0.seed = 9 }),
    ("method", { $0.method = .lora }),
    ("clip_norm", { $0.clipNorm = 1 }),
    ("order", { $0.order = .sequential }),
    ("dtype", { $0.storage = .bfloat16 }),
  ]

  @Test(arguments: changedSettings.indices)
  func aResumedRunWithOtherSettingsNamesTheSetting(index: Int) throws {
    let (key, change) = Self.changedSettings[index]
    let tiny = try TinyBase()
    var options = try stopped(tiny)
    options.resume = true
    change(&options)
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    guard case .settingDiffers(_, key, _, _) = error else {
      Issue.record("\(String(describing: error)) does not name \(key)")
      return
    }
  }

  @Test func aResumedRunWithOtherDataOrAnotherBaseIsRefused() throws {
    let tiny = try TinyBase()
    var options = try stopped(tiny)
    options.resume = true
    try tiny.folder.write(TinyBase.text(lines: 121), to: "text.txt")
    let data = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    #expect(data?.why.hasPrefix("data was") == true)
    #expect(data?.kind == .invalidData)
    try tiny.folder.write(TinyBase.text(lines: 120), to: "text.txt")
    let configuration = options.base + "/config.json"
    let text = try String(contentsOfFile: configuration, encoding: .utf8)
    try (text + "\n").write(toFile: configuration, atomically: true, encoding: .utf8)
    let base = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    #expect(base?.why.hasPrefix("base was") == true)
  }

  @Test func aSecondRunInTheSameFolderIsBusyWhileTheFirstTrains() throws {
    let tiny = try TinyBase()
    let options = tiny.options()
    var resumed = options
    resumed.resume = true
    var refusals = 0
    _ = try FinetuneRun(options).run(onEvent: { event in
      guard case .step = event else { return }
      #expect(throws: FinetuneError.busy(path: options.out)) { try FinetuneRun(options).run() }
      #expect(throws: FinetuneError.busy(path: options.out)) { try FinetuneRun(resumed).run() }
      refusals += 1
    })
    #expect(refusals == 6)
  }

  @Test func aLossThatIsNotFiniteStopsTheRunAndNamesTheStep() throws {
    let tiny = try TinyBase { weights in
      for index in weights.indices { weights[index] *= 1e25 }
    }
    var options = tiny.options()
    options.evaluationFraction = 0
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    guard case .notFinite(step: 1, _, _, checkpoint: nil) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.kind == .failed)
    #expect(!FileManager.default.fileExists(atPath: options.out + "/config.json"))
  }

  @Test(arguments: [Float.nan, .infinity])
  func aBaseWithABrokenWeightIsRefusedByTheTensorsName(value: Float) throws {
    let tiny = try TinyBase { $0[5] = value }
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(tiny.options()).run() }
    #expect(error?.kind == .invalidData)
    #expect(error?.why.hasPrefix("element 5 of tensor transformer.wte.weight") == true)
    #expect(!FileManager.default.fileExists(atPath: tiny.options().out))
  }

  @Test func weightsThatCannotFitAreRefusedWithBothFigures() throws {
    let tiny = try TinyBase()
    let huge = """
      {"model_type": "gpt2", "vocab_size": 1000000, "n_embd": 65536, "n_layer": 1, "n_head": 2,
       "n_positions": 64}
      """
    try tiny.folder.write(huge, to: "base/config.json")
    let error = #expect(throws: FinetuneError.self) {
      try FinetuneRun(tiny.options()).run()
    }
    guard case .memory(let needed, let available) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(needed > available)
    #expect(error?.why.contains("MiB are available") == true)
  }

  @Test func anAdapterIsNotABase() throws {
    let tiny = try TinyBase()
    var options = tiny.options(out: "adapter")
    options.method = .lora
    _ = try FinetuneRun(options).run()
    options.base = options.out
    options.out = tiny.folder.file("next")
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    #expect(error?.why == "it is a LoRA adapter, not a whole model")
  }

  @Test func aTextShorterThanAWindowIsRefused() throws {
    let tiny = try TinyBase()
    try tiny.folder.write("Short.", to: "text.txt")
    let error = #expect(throws: (any Error).self) { try FinetuneRun(tiny.options()).run() }
    #expect((error as? any ReportableError)?.kind == .invalidData)
    #expect(!FileManager.default.fileExists(atPath: tiny.options().out))
  }

  /// A run that was stopped after three steps.
  private func stopped(_ tiny: TinyBase) throws -> FinetuneOptions {
    let options = tiny.options()
    let log = EventLog()
    _ = try FinetuneRun(options).run(shouldStop: { log.steps == 3 }, onEvent: log.add)
    return options
  }
}
