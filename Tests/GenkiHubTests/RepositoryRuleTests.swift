import GenkiCore
import GenkiHub
import Testing

/// Which listings of untrusted repositories are downloaded, and what of them.
@Suite struct RepositoryRuleTests {
  private static let limits = FileLimits(bytesTotal: 1000, bytesPerFile: 900, filesMaximum: 20)
  private static let index = "model.safetensors.index.json"

  private static func listing(_ files: [(String, Int)]) -> [HubEntry] {
    files.map { HubEntry(name: $0.0, bytes: $0.1, digest: nil) }
  }

  private static func refusal(_ files: [(String, Int)]) -> FileRefusal? {
    do {
      _ = try SubmissionFiles(listing: listing(files), limits: limits)
      return nil
    } catch {
      return error
    }
  }

  @Test func ofAModelOnlyTheWeightsAreDownloaded() throws {
    let names = [
      "README.md", "model.safetensors", "config.json", "tokenizer.json", "manifest.json",
      "samples.jsonl", ".gitattributes", "generation_config.json", "vocab.json", "merges.txt",
      "tokenizer_config.json", "special_tokens_map.json", "aggregation.json",
    ]
    let files = try SubmissionFiles(
      listing: Self.listing(names.map { ($0, 500) }), limits: Self.limits)
    #expect(files.form == .model)
    #expect(files.entries.map(\.name) == ["model.safetensors"])
    #expect(files.bytes == 500)
  }

  /// A model that anybody may publish is a base that everybody downloads whole.
  @Test func everyCompanionMayBePublishedAndIsFetchedWithABase() throws {
    let names = ["model.safetensors", "config.json"] + ModelFiles.companions
    let listing = Self.listing(names.map { ($0, 100) })
    let limits = FileLimits(bytesTotal: 1 << 20)
    #expect(
      try SubmissionFiles(listing: listing, limits: limits).entries.map(\.name)
        == ["model.safetensors"])
    #expect(
      try BaseFiles(listing: listing, limits: limits, needsManifest: false).entries.map(\.name)
        == names.sorted())
    for name in ModelFiles.companions {
      let size = ModelFiles.companionBytesMaximum + 1
      let large = listing.filter { $0.name != name } + Self.listing([(name, size)])
      let error = #expect(throws: FileRefusal.self) {
        try BaseFiles(
          listing: large, limits: FileLimits(bytesTotal: 1 << 40), needsManifest: false)
      }
      #expect(
        error == .fileTooLarge(name: name, bytes: size, limit: ModelFiles.companionBytesMaximum))
    }
  }

  @Test func ofShardsTheIndexIsDownloadedToo() throws {
    let files = try SubmissionFiles(
      listing: Self.listing([
        ("model-00002-of-00002.safetensors", 400), (Self.index, 10),
        ("model-00001-of-00002.safetensors", 400),
      ]), limits: Self.limits)
    #expect(
      files.entries.map(\.name) == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", Self.index,
      ])
    #expect(files.bytes == 810)
  }

  @Test func ofAnAdapterItsConfigurationIsDownloadedToo() throws {
    let files = try SubmissionFiles(
      listing: Self.listing([
        ("adapter_model.safetensors", 400), ("README.md", 900), ("adapter_config.json", 100),
        ("tokenizer.json", 900),
      ]), limits: Self.limits)
    #expect(files.form == .adapter)
    #expect(files.entries.map(\.name) == ["adapter_config.json", "adapter_model.safetensors"])
  }

  /// Each of these names beside good weights.
  @Test(arguments: [
    "pytorch_model.bin", "model.pt", "model.pth", "model.pkl", "model.ckpt", "model.zip",
    "model.tar.gz", "modeling.py", "setup.sh", "lib.so", "photo.png", "LICENSE", "a/b.json",
    "/config.json", "../config.json", "..", ".", "", "config.json\0", "config.json\n",
    "config.json ", "sub\\config.json", "Config.json", "CONFIG.JSON", "Model.safetensors",
    "model.safetensors.bak", "model-1-of-1.safetensors", "model-00000-of-00001.safetensors",
    "model-00002-of-00001.safetensors", "model-00000-of-00000.safetensors",
    "model-000001-of-00001.safetensors", "model-0000１-of-00001.safetensors",
    "cafe\u{301}.json", "café.json", "con\u{FB01}g.json", "config.json\u{200B}",
    "\u{202E}nosj.gifnoc", "config.jso\u{578}", "training_args.bin", ".git/config", "refs",
    "to\u{212A}enizer.json", String(repeating: "a", count: 10_000),
  ])
  func otherNamesAreRefused(name: String) {
    guard
      case .forbiddenName(name, let reason)? = Self.refusal([("model.safetensors", 1), (name, 1)])
    else {
      Issue.record("\(name.quoted()) is allowed")
      return
    }
    #expect(!reason.isEmpty)
  }

  @Test func theReasonSaysWhatIsWrong() {
    let reason = { (name: String) in Self.refusal([(name, 1)])?.why ?? "" }
    #expect(reason("pytorch_model.bin").contains("pickled"))
    #expect(reason("a.zip").contains("archive"))
    #expect(reason("a.py").contains("program"))
    #expect(reason("a/b").contains("separator"))
    #expect(reason("Config.json").contains("case"))
    #expect(reason("a\0").contains("control"))
    #expect(reason("é").contains("ASCII"))
    #expect(reason("photo.png").contains("not on the list"))
    #expect(!reason("\u{1B}[2J").contains("\u{1B}"))
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var files: [(String, Int)]
    var refusal: FileRefusal
    var testDescription: String { refusal.why }
  }

  private static let rows: [Row] = [
    Row(files: [], refusal: .missing(name: "model.safetensors")),
    Row(files: [("config.json", 1)], refusal: .missing(name: "model.safetensors")),
    Row(
      files: [("model.safetensors", 1), ("model.safetensors", 1)],
      refusal: .duplicateName(name: "model.safetensors")),
    Row(
      files: [("model.safetensors", -1)],
      refusal: .impossibleSize(name: "model.safetensors", bytes: -1)),
    Row(
      files: [("model.safetensors", 1), ("README.md", .max)],
      refusal: .impossibleSize(name: "README.md", bytes: .max)),
    Row(
      files: [("model.safetensors", 901)],
      refusal: .fileTooLarge(name: "model.safetensors", bytes: 901, limit: 900)),
    Row(
      files: [("adapter_model.safetensors", 900), ("adapter_config.json", 101)],
      refusal: .totalTooLarge(name: "adapter_model.safetensors", bytes: 1001, limit: 1000)),
    Row(
      files: [("adapter_model.safetensors", 1)], refusal: .missing(name: "adapter_config.json")),
    Row(
      files: [("adapter_config.json", 1)], refusal: .missing(name: "adapter_model.safetensors")),
    Row(
      files: [("adapter_config.json", 1), ("model.safetensors", 1)],
      refusal: .ambiguousWeights(name: "model.safetensors", other: "adapter_config.json")),
    Row(
      files: [
        ("adapter_config.json", 1), ("model.safetensors", 1), ("adapter_model.safetensors", 1),
      ], refusal: .ambiguousWeights(name: "model.safetensors", other: "adapter_model.safetensors")),
    Row(
      files: [("model.safetensors", 1), ("model-00001-of-00001.safetensors", 1), (index, 1)],
      refusal: .ambiguousWeights(
        name: "model.safetensors", other: "model-00001-of-00001.safetensors")),
    Row(
      files: [("model.safetensors", 1), (index, 1)],
      refusal: .ambiguousWeights(name: "model.safetensors", other: index)),
    Row(files: [(index, 1)], refusal: .missing(name: "model-00001-of-00001.safetensors")),
    Row(
      files: [("model-00001-of-00001.safetensors", 1)], refusal: .missing(name: index)),
    Row(
      files: [("model-00001-of-00003.safetensors", 1), ("model-00003-of-00003.safetensors", 1)],
      refusal: .missing(name: "model-00002-of-00003.safetensors")),
    Row(
      files: [("model-00001-of-00002.safetensors", 1), (index, 1)],
      refusal: .missing(name: "model-00002-of-00002.safetensors")),
    Row(
      files: [("model-00001-of-99999.safetensors", 1), (index, 1)],
      refusal: .missing(name: "model-00002-of-99999.safetensors")),
    Row(
      files: [("model-00001-of-00002.safetensors", 1), ("model-00001-of-00001.safetensors", 1)],
      refusal: .ambiguousWeights(
        name: "model-00001-of-00001.safetensors", other: "model-00001-of-00002.safetensors")),
    Row(
      files: Array(repeating: ("model.safetensors", 1), count: 21),
      refusal: .tooManyFiles(count: 21, limit: 20)),
  ]

  @Test(arguments: rows)
  func aListingThatBreaksARuleIsRefusedWithTheFile(row: Row) {
    #expect(Self.refusal(row.files) == row.refusal)
  }

  @Test func limitsHoldAtTheLimitAndOnePastIt() {
    #expect(Self.refusal([("model.safetensors", 900)]) == nil)
    #expect(Self.refusal([("model.safetensors", 901)]) != nil)
    #expect(
      Self.refusal([("adapter_model.safetensors", 900), ("adapter_config.json", 100)]) == nil)
    let many = (1...18).map { ("model-000\($0 < 10 ? "0" : "")\($0)-of-00018.safetensors", 1) }
    #expect(Self.refusal(many + [(Self.index, 1), ("README.md", 1)]) == nil)
    #expect(Self.refusal(many + [(Self.index, 1), ("README.md", 1), ("config.json", 1)]) != nil)
  }

  @Test func smallFilesHaveLimitsOfTheirOwn() {
    let large = FileLimits(bytesTotal: 1 << 40)
    let listing = Self.listing([
      ("adapter_model.safetensors", 1 << 30), ("adapter_config.json", 4 << 20 + 1),
    ])
    #expect(
      throws: FileRefusal.fileTooLarge(
        name: "adapter_config.json", bytes: 4 << 20 + 1, limit: 4 << 20)
    ) { try SubmissionFiles(listing: listing, limits: large) }
  }

  @Test func ofABaseConfigurationTokenizerAndManifestAreDownloadedToo() throws {
    let names = [
      "model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json",
      "manifest.json", "README.md", "samples.jsonl",
    ]
    let listing = Self.listing(names.map { ($0, 10) })
    let files = try BaseFiles(listing: listing, limits: Self.limits)
    #expect(
      files.entries.map(\.name) == [
        "config.json", "manifest.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
      ])
    #expect(files.bytes == 50)
    for name in ["model.safetensors", "config.json", "tokenizer.json", "manifest.json"] {
      #expect(throws: FileRefusal.missing(name: name)) {
        try BaseFiles(listing: listing.filter { $0.name != name }, limits: Self.limits)
      }
    }
    let plain = listing.filter { $0.name != "manifest.json" }
    #expect(
      try BaseFiles(listing: plain, limits: Self.limits, needsManifest: false).entries.count == 4)
    #expect(throws: FileRefusal.self) {
      try BaseFiles(
        listing: listing + Self.listing([("adapter_config.json", 1)]), limits: Self.limits)
    }
  }
}
