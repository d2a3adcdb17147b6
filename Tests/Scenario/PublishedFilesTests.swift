import Foundation
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiMiner
import GenkiNode
import GenkiRound
import TestSupport
import Testing

/// What everybody can read of a round's repositories.
@Suite(.serialized) struct PublishedFilesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func text(
    _ name: String, _ repository: RepositoryID, _ revision: Revision, hub: any Hub
  ) throws -> String {
    let entries = try hub.list(repository, revision: revision)
    let entry = try #require(entries.first { $0.name == name }, "\(entries.map(\.name))")
    let path = folder.file(UUID().uuidString)
    try hub.download(
      entry, of: repository, revision: revision, to: path, bytesMaximum: 1 << 20
    ) { _ in }
    return try TextFile.readString(path, sizeLimit: 1 << 20)
  }

  @Test func cardsTellOfTheRoundAndOfNoPath() throws {
    let world = try World(ScenarioOptions(seed: 3))
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    let hub = try world.hub("reader")
    for miner in world.miners {
      let submission = try #require(try miner.store.read { try $0.submission(round: 1) })
      let revision = try #require(submission.revision)
      #expect(submission.state == .verified)
      let card = try text(MinerCard.fileName, submission.repository, revision, hub: hub)
      let known = try #require(try miner.store.read { try $0.knownRound(1) })
      #expect(card.contains("license: \"\(World.license)\""))
      #expect(card.contains("\(known.announced.repository)@\(known.announced.revision)"))
      #expect(card.contains(submission.contentHash.hex))
      for path in [world.folder, world.models.folder.path, "miner-0.txt", "own"] {
        #expect(!card.contains(path), "\(path)")
      }
      #expect(
        try miner.store.read { try $0.meta("submission \(submission.id ?? 0) texts") } == nil)
      // What was only uploaded is repeated without another commit.
      #expect(try hub.head(of: submission.repository) == revision)
    }
    let next = try #require(try world.coordinator.store.read { try $0.knownRound(2) }).announced
    let card = try text(DamaCard.fileName, next.repository, next.revision, hub: hub)
    for miner in world.miners { #expect(card.contains("`\(miner.hotkey)` | accepted")) }
    #expect(!card.contains(world.folder))
    #expect(!card.contains(world.models.folder.path))
    let manifest = try text(RoundDocument.fileName, next.repository, next.revision, hub: hub)
    #expect(card.contains(SHA256Hasher.digest(of: Array(manifest.utf8)).hex))
  }

  @Test func configurationsNameTheBaseInPlaceOfAFolder() throws {
    let base = RoundDocument.BasePlace(
      repository: try #require(RepositoryID("dama/dama-r1")),
      revision: try #require(Revision(hex: String(repeating: "1f", count: 20))),
      contentHash: SHA256Hasher.digest(of: []))
    var adapter = try AdapterConfiguration(
      json: [
        "peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"],
        "exclude_modules": #".*\.0\..*v_proj"#, "layers_to_transform": [0, 1],
        "layers_pattern": "layers", "rank_pattern": ["^model.*q_proj": 2],
        "alpha_pattern": ["q_proj": 2], "use_rslora": true,
        "base_model_name_or_path": "/srv/somebody/base",
      ], source: "adapter")
    guard case .object(var object) = adapter.encoded() else { return }
    object["auto_mapping"] = .object(["path": "/srv/somebody"])
    try folder.write(JSONValue.object(object).encoded(), to: "adapter/adapter_config.json")
    let header = #"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}"#
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try folder.write(length + header.utf8 + [0, 0, 0, 0], to: "adapter/adapter_model.safetensors")
    let made = try PublicConfiguration.files(folder.file("adapter"), base: base)
    let bytes = try #require(
      made.compactMap { file -> [UInt8]? in
        if case .bytes(let bytes) = file.content { bytes } else { nil }
      }.first)
    #expect(made.map(\.name) == ["adapter_config.json"])
    #expect(!String(decoding: bytes, as: UTF8.self).contains("somebody"))
    adapter.baseModel = "dama/dama-r1"
    adapter.revision = base.revision.hex
    let read = try AdapterConfiguration(
      json: JSONValue.parse(bytes, source: "made"), source: "made")
    #expect(read == adapter)
    #expect(read.encoded()["exclude_modules"] == #".*\.0\..*v_proj"#)
    #expect(read.encoded()["rank_pattern"] == ["^model.*q_proj": 2])
  }

  private var base: RoundDocument.BasePlace {
    get throws {
      RoundDocument.BasePlace(
        repository: try #require(RepositoryID("dama/dama-r1")),
        revision: try #require(Revision(hex: String(repeating: "1f", count: 20))),
        contentHash: SHA256Hasher.digest(of: []))
    }
  }

  /// A file of a model, and the same text without paths; nil where it leaves as it is.
  static let texts: [(name: String, text: String, made: String?)] = [
    (
      "config.json", #"{"z": 1.50, "_name_or_path": "/srv/somebody/base", "a": [1e0]}"#,
      #"{"z": 1.50, "_name_or_path": "dama/dama-r1", "a": [1e0]}"#
    ),
    (
      "generation_config.json",
      "{\"eos_token_id\" : [2,0],\n\"_name_or_path\":\"/srv/somebody\"}\n",
      "{\"eos_token_id\" : [2,0],\n\"_name_or_path\":\"dama/dama-r1\"}\n"
    ),
    (
      "tokenizer_config.json",
      #"{"tokenizer_file": "/srv/somebody/t.json", "x": {"vocab_file": "~/somebody", "n_file": 3}}"#,
      #"{"tokenizer_file": null, "x": {"vocab_file": null, "n_file": 3}}"#
    ),
    (
      "special_tokens_map.json", #"{"special_tokens_map_file":"C:\\somebody","bos_token":"/"}"#,
      #"{"special_tokens_map_file":null,"bos_token":"/"}"#
    ),
    ("config.json", #"{"dtype":"float32","chat_file":"a.jinja"}"#, nil),
    ("tokenizer_config.json", "{ }", nil), ("special_tokens_map.json", "[]", nil),
    ("chat_template.jinja", "{{ '/srv/somebody' }}", nil),
  ]

  @Test(arguments: texts.indices)
  func aModelsTextsLeaveWithoutPathsAndElseAsTheyAre(_ index: Int) throws {
    let (name, text, expected) = Self.texts[index]
    let header = #"{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}"#
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try folder.write(length + header.utf8 + [0, 0, 0, 0], to: "model/model.safetensors")
    try folder.write(text, to: "model/\(name)")
    let made = try PublicConfiguration.files(folder.file("model"), base: base)
    #expect(made.map(\.name) == (expected == nil ? [] : [name]))
    for case .bytes(let bytes) in made.map(\.content) {
      #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
  }

  @Test func everyFileOfAModelIsPublished() throws {
    try FileManager.default.copyItem(
      atPath: Vectors.path("cases/04-generation-config-ignored-and-dropped/model"),
      toPath: folder.file("model"))
    for name in ModelFiles.companions + ["training.log"] {
      try folder.write("{}", to: "model/\(name)")
    }
    #expect(
      try SubmissionFolder.names(folder.file("model"))
        == (ModelFiles.companions + ["config.json", "model.safetensors"]).sorted())
  }

  @Test(arguments: [
    ("{\"a\": 1}\n{\"b\": \"\u{2028}\"}\n", nil), ("", nil), ("{}", nil),
    ("{}\n\n{}\n", "line 2"), ("{}\n{\"a\": \n", "line 2"), ("1\n", "line 1: not a JSON object"),
  ])
  func samplesAreLinesOfJSON(_ content: String, _ complaint: String?) throws {
    let path = try folder.write(content, to: "samples.jsonl")
    if let complaint {
      let error = #expect(throws: (any Error).self) { try SharedSamples.read(path) }
      #expect("\(try #require(error))".contains("\(path), \(complaint)"))
    } else {
      #expect(try SharedSamples.read(path) == Array(content.utf8))
    }
  }

  @Test func samplesAreBounded() throws {
    let line = Array("{}\n".utf8)
    let bytes = Array(repeating: line, count: 350_000).joined()
    let path = try folder.write(bytes, to: "samples.jsonl")
    #expect(throws: FileError.tooLarge(path: path, bytes: 1_050_000, limit: 1 << 20)) {
      try SharedSamples.read(path)
    }
  }
}
