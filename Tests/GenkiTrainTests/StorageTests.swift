import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTrain
import TestSupport
import Testing

/// In which type a finetune is stored, and what its configuration says of it.
struct StorageTests {
  let tiny: TinyBase

  init() throws { tiny = try TinyBase() }

  /// The same base stored otherwise, with a configuration as other programs write it.
  private func store(_ type: TensorType, key: String = "torch_dtype") throws {
    let model = try LanguageModel.load(folder: tiny.base)
    try model.saveWeights(folder: tiny.base) { _ in type }
    let text = TinyBase.configuration.replacing(
      "\"n_embd\"",
      with: "\"\(key)\":\"\(type.configurationName)\", \"of_others\":[1e0], \"n_embd\"")
    try tiny.folder.write(text + "\n\n", to: "base/config.json")
  }

  private func types(_ folder: String) throws -> Set<TensorType> {
    let weights = try WeightSet.open(folder: folder)
    return Set(weights.names.compactMap { weights.info($0)?.type })
  }

  private func text(_ path: String) throws -> String {
    try TextFile.readString(path, sizeLimit: 1 << 20)
  }

  @Test(arguments: [TensorType.BF16, .F16, .F32], ["torch_dtype", "dtype"])
  func unaskedNothingIsLostAndTheConfigurationIsTheBases(_ type: TensorType, key: String) throws {
    try store(type, key: key)
    let options = tiny.options()
    _ = try FinetuneRun(options).run()
    #expect(try types(options.out) == [.F32])
    #expect(
      try text(options.out + "/config.json")
        == text(tiny.base + "/config.json").replacing(
          "\"\(type.configurationName)\"", with: "\"float32\""))
  }

  @Test(arguments: [TensorType.BF16, .F16, .F32])
  func asTheBaseKeepsTypesAndConfiguration(_ type: TensorType) throws {
    try store(type)
    var options = tiny.options()
    options.storage = .base
    _ = try FinetuneRun(options).run()
    #expect(try types(options.out) == [type])
    #expect(try text(options.out + "/config.json") == text(tiny.base + "/config.json"))
  }

  @Test func aBaseOfTwoTypesIsKeptTensorByTensor() throws {
    let model = try LanguageModel.load(folder: tiny.base)
    try model.saveWeights(folder: tiny.base) { $0.hasSuffix("bias") ? .F32 : .BF16 }
    var options = tiny.options()
    options.storage = .base
    _ = try FinetuneRun(options).run()
    let (base, out) = (
      try WeightSet.open(folder: tiny.base), try WeightSet.open(folder: options.out)
    )
    for name in base.names { #expect(out.info(name)?.type == base.info(name)?.type) }
  }

  @Test(arguments: [FinetuneOptions.Storage.float32, .bfloat16, .float16, .base])
  func anAdapterOfA16BitBaseIsStoredAsAsked(_ storage: FinetuneOptions.Storage) throws {
    try store(.F16)
    var options = tiny.options()
    options.method = .lora
    options.storage = storage
    options.storageRule = .baseOnly
    _ = try FinetuneRun(options).run()
    #expect(try types(options.out) == [storage.tensorType ?? .F16])
    #expect(throws: Never.self) {
      try LanguageModel.load(folder: tiny.base, adapterFolder: options.out)
    }
  }

  /// What is stored, over which base, under which rule, and whether that is taken.
  static let rules:
    [(FinetuneOptions.Storage, TensorType, FinetuneOptions.StorageRule, isTaken: Bool)] = [
      (.float32, .BF16, .baseOrWider, true), (.float32, .F16, .baseOrWider, true),
      (.float32, .BF16, .baseOnly, false), (.base, .BF16, .baseOnly, true),
      (.bfloat16, .BF16, .baseOnly, true), (.bfloat16, .F16, .baseOrWider, false),
      (.float16, .BF16, .baseOrWider, false), (.bfloat16, .F32, .baseOrWider, false),
      (.bfloat16, .F32, .any, true), (.float32, .F32, .baseOnly, true),
    ]

  @Test(arguments: rules.indices)
  func whatARoundWouldRefuseIsNotTrained(_ index: Int) throws {
    let (storage, base, rule, isTaken) = Self.rules[index]
    try store(base)
    var options = tiny.options()
    options.storage = storage
    options.storageRule = rule
    if isTaken {
      #expect(try FinetuneRun(options).run().summary != nil)
      return
    }
    let error = #expect(throws: FinetuneError.self) { try FinetuneRun(options).run() }
    let words = "\(try #require(error))"
    #expect(words.contains("--dtype \(storage.rawValue)") && words.contains("use auto"))
    #expect(words.contains(storage.tensorType?.rawValue ?? "") && words.contains(base.rawValue))
    #expect(!FileManager.default.fileExists(atPath: options.out))
  }

  @Test func withoutARoundItIsNoted() throws {
    var options = tiny.options()
    options.storage = .bfloat16
    var notes: [JSONValue?] = []
    for storage in [FinetuneOptions.Storage.bfloat16, .float32] {
      options.storage = storage
      options.out = tiny.folder.file(storage.rawValue)
      _ = try FinetuneRun(options).run(onEvent: { event in
        if case .start(let plan) = event { notes.append(plan.json["notes"]) }
      })
    }
    #expect(notes.last == .array([]))
    #expect(notes.first??.arrayValue?.first?.stringValue?.contains("no round takes") == true)
  }

  @Test(arguments: [FinetuneOptions.Storage.bfloat16, .base])
  func aResumedRunStoresAsItBeganUnlessTold(_ begun: FinetuneOptions.Storage) throws {
    try store(.BF16)
    var options = tiny.options()
    options.storage = begun
    guard case .stopped = try FinetuneRun(options).run(shouldStop: { true }) else {
      Issue.record("the run did not stop")
      return
    }
    options.storage = nil
    options.resume = true
    _ = try FinetuneRun(options).run()
    #expect(try types(options.out) == [.BF16])
  }

  @Test func aWeightBeyondFloat16IsNamed() throws {
    let tiny = try TinyBase { $0[7] = 70_000 }
    var options = tiny.options()
    options.learningRate = 0
    options.weightDecay = 0
    options.storage = .float16
    let error = #expect(throws: ModelError.self) { try FinetuneRun(options).run() }
    let words = "\(try #require(error))"
    #expect(words.contains("70000") && words.contains("float16") && words.contains("--dtype"))
    #expect(!FileManager.default.fileExists(atPath: options.out + "/config.json"))
  }

  @Test func companionsGoAlong() throws {
    for name in ModelFiles.companions where name != ModelFiles.tokenizer {
      try tiny.folder.write(name.hasSuffix(".json") ? "{ }" : "x", to: "base/\(name)")
    }
    try tiny.folder.write("mine", to: "base/notes.txt")
    let options = tiny.options()
    _ = try FinetuneRun(options).run()
    let names = try FileManager.default.contentsOfDirectory(atPath: options.out)
    #expect(
      Set(names)
        == Set(ModelFiles.companions + [".genki-run", "config.json", "model.safetensors"]))
    #expect(try text(options.out + "/generation_config.json") == "{ }")
  }

  @Test func anUploadsSizeIsToldEitherWay() throws {
    try store(.BF16)
    var options = tiny.options()
    let elements = try WeightSet.open(folder: tiny.base).elementCount
    let full = try UploadSize(options)
    #expect(full.float32Bytes == 4 * elements && full.baseBytes == 2 * elements)
    #expect(full.baseType == "bfloat16" && full.bytes(.bfloat16) == 2 * elements)
    options.method = .lora
    _ = try FinetuneRun(options).run()
    #expect(
      try UploadSize(options).float32Bytes == 4 * WeightSet.open(folder: options.out).elementCount)
  }
}
