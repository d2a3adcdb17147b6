import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// The first word of a refusal says what a folder lacks, and what to do.
struct ModelFolderChecksTests {
  private let folder: TemporaryFolder
  static let pointer = """
    version https://git-lfs.github.com/spec/v1
    oid sha256:9e0f2a4a2d0a3e8d1c5b7f6a9e0f2a4a2d0a3e8d1c5b7f6a9e0f2a4a2d0a3e8d
    size 269060552

    """

  init() throws { folder = try TemporaryFolder() }

  private func words(_ body: () throws -> Void) throws -> String {
    let error = #expect(throws: (any Error).self) { try body() }
    let found = try #require(error as? any ReportableError)
    #expect(found.kind == .invalidData && found.advice != nil, "\(found)")
    return "\(found)"
  }

  /// A file, and what the refusal names and advises.
  static let others: [(file: String, names: String, advice: String)] = [
    ("model-Q4_K_M.gguf", "model-Q4_K_M.gguf", "made from"),
    ("pytorch_model.bin", "pytorch_model.bin", "save_pretrained"),
    ("pytorch_model-00001-of-00002.bin", "pytorch_model-00001-of-00002.bin", "save_pretrained"),
    ("consolidated.00.pth", "consolidated.00.pth", "save_pretrained"),
    ("tf_model.h5", "tf_model.h5", "save_pretrained"),
    ("consolidated.safetensors", "consolidated.safetensors", "usual name"),
    ("model-00001-of-00002.safetensors", "model-00001-of-00002.safetensors", "index"),
    ("training_args.bin", "neither model.safetensors", "download the weights"),
  ]

  @Test(arguments: others.indices)
  func weightsInAnotherFormAreNamedWithTheWayOut(_ index: Int) throws {
    let (file, names, advice) = Self.others[index]
    try folder.write("x", to: file)
    for withConfiguration in [false, true] {
      if withConfiguration { try folder.write("{}", to: "config.json") }
      let words = try words { try ModelFolder.requireModel(folder.path) }
      #expect(words.contains(names) && words.contains(advice), "\(words)")
    }
  }

  @Test func theFormatForInferenceIsNamedBeforeTheOthers() throws {
    for name in ["a.bin", "z.gguf"] { try folder.write("x", to: name) }
    #expect(try words { try ModelFolder.requireModel(folder.path) }.contains("z.gguf"))
  }

  @Test func whatIsMissingIsNamed() throws {
    #expect(throws: FileError.missing(path: folder.file("nowhere"))) {
      try ModelFolder.requireModel(folder.file("nowhere"))
    }
    let file = try folder.write("x", to: "model.safetensors")
    #expect(throws: ModelFolderError.notAFolder(path: file)) {
      try ModelFolder.requireModel(file)
    }
    #expect(throws: ModelFolderError.noConfiguration(folder: folder.path)) {
      try ModelFolder.requireModel(folder.path)
    }
    try folder.write("{}", to: "config.json")
    try ModelFolder.requireModel(folder.path)
    let bare = try words { try ModelFolder.requireTokenizer(folder.path) }
    #expect(bare.contains("tokenizer.json"))
    try folder.write("x", to: "tokenizer.model")
    let sources = try words { try ModelFolder.requireTokenizer(folder.path) }
    #expect(sources.contains("tokenizer.model") && sources.contains("save_pretrained"))
    try folder.write("{}", to: "tokenizer.json")
    try ModelFolder.requireTokenizer(folder.path)
  }

  @Test(arguments: [
    "model.safetensors", "model.safetensors.index.json", "config.json", "tokenizer.json",
    "generation_config.json",
  ])
  func aPointerOfGitLFSIsNamedWhereTheFileIsRead(_ name: String) throws {
    try folder.write(Self.pointer, to: name)
    let read: () throws -> Void = {
      switch name {
      case "config.json": _ = try ModelConfiguration.load(path: folder.path)
      case "tokenizer.json": _ = try Tokenizer.load(path: folder.path)
      case "generation_config.json":
        let source = Vectors.path("compute/llama_tied")
        _ = try EndTokens.load(
          folder: folder.path, configuration: try ModelConfiguration.load(path: source))
      default: _ = try WeightSet.open(folder: folder.path)
      }
    }
    #expect(throws: FileError.largeFilePointer(path: folder.file(name))) { try read() }
    #expect(try words(read).contains("git lfs pull"))
  }

  @Test func aPointerIsNotHandedOn() throws {
    try folder.write(Self.pointer, to: "tokenizer.json")
    let target = try TemporaryFolder()
    #expect(throws: FileError.self) {
      try ModelFolder.copyCompanions(from: folder.path, to: target.path)
    }
    #expect(try target.names() == [])
  }

  @Test func quantizedWeightsAreRefusedWithTheWayOut() throws {
    try folder.write(
      #"{"model_type": "llama", "quantization_config": {"quant_method": "gptq", "bits": 4}}"#,
      to: "config.json")
    let words = try words { _ = try ModelConfiguration.load(path: folder.path) }
    #expect(words.contains("quantization_config") && words.contains("quantized from"))
  }

  @Test func anEmptyFileIsNamed() throws {
    try folder.write("", to: "model.safetensors")
    #expect(try words { _ = try WeightSet.open(folder: folder.path) }.contains("0 bytes"))
    try folder.write("", to: "config.json")
    let error = #expect(throws: JSONError.self) { try ModelConfiguration.load(path: folder.path) }
    #expect("\(try #require(error))".contains(folder.file("config.json")))
  }

  @Test func everyCompanionIsCopiedAndNothingElse() throws {
    for name in ModelFiles.companions + ["modeling.py", "config.json", "model.safetensors"] {
      try folder.write(name, to: name)
    }
    let target = try TemporaryFolder()
    try ModelFolder.copyCompanions(from: folder.path, to: target.path)
    #expect(try target.names() == ModelFiles.companions.sorted())
    for name in ModelFiles.companions {
      #expect(try TextFile.readString(target.file(name), sizeLimit: 99) == name)
    }
  }
}
