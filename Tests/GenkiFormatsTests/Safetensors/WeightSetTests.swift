import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

@Suite struct WeightSetTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private static let shards = [
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
  ]

  private func copy(_ names: [String], index: String? = nil) throws {
    for name in names {
      let from = Vectors.path("formats/sharded/\(name)")
      try folder.write(TextFile.readBytes(from, sizeLimit: 1 << 20), to: name)
    }
    if let index {
      let from = Vectors.path("formats/sharded/\(index)")
      try folder.write(
        TextFile.readBytes(from, sizeLimit: 1 << 20), to: "model.safetensors.index.json")
    }
  }

  @Test func shardsAreReadAsOneSet() throws {
    let set = try WeightSet.open(folder: Vectors.path("formats/sharded"), limits: .strict)
    #expect(set.files == Self.shards)
    #expect(set.names == ["h.0.w", "h.1.w", "wte.weight"])
    #expect(set.info("wte.weight")?.shape == [3, 4])
    #expect(set.fileName(of: "h.1.w") == Self.shards[1])
    #expect(set.elementCount == 20)
    let shard = try SafetensorsFile(path: Vectors.path("formats/sharded/\(Self.shards[1])"))
    var values = [Float](repeating: 0, count: 4)
    try set.readFloats("h.1.w", into: &values)
    #expect(values == (try shard.floats("h.1.w")))
    #expect(set.names.allSatisfy { set.firstNonFinite($0) == nil })
    #expect(throws: WeightSetError.self) { try set.readFloats("nope", into: &values) }
  }

  @Test(arguments: [
    "bad_absolute", "bad_missing_shard_file", "bad_not_a_string", "bad_path_traversal",
    "bad_pickle_shard", "bad_tensor_not_in_shard",
  ])
  func badIndicesAreRefused(_ name: String) throws {
    try copy(Self.shards, index: "\(name).index.json")
    let error = #expect(throws: WeightSetError.self) { try WeightSet.open(folder: folder.path) }
    #expect(error?.kind == .invalidData)
  }

  @Test(arguments: [
    #"{}"#, #"{"weight_map":[]}"#,
    #"{"weight_map":{"h.0.w":"model-00002-of-00002.safetensors"}}"#,
    #"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00001-of-00003.safetensors"}}"#,
    #"{"weight_map":{"a":"model-00000-of-00002.safetensors"}}"#,
    #"{"weight_map":{"a":"model-0001-of-0002.safetensors"}}"#,
    #"{"weight_map":{"a":"model-00001-of-00002.safetensors.safetensors"}}"#,
    #"{"weight_map":{"a":"Model-00001-of-00002.safetensors"}}"#,
    #"{"weight_map":{"a":"model-00001-of-00002.safetensors\u0000"}}"#,
    #"{"weight_map":{"a":"model-٠٠٠٠١-of-00002.safetensors"}}"#,
    #"{"weight_map":{"wte.weight":"model-00001-of-00002.safetensors","wte.weight":"model-00001-of-00002.safetensors"}}"#,
    #"{"weight_map":{"wte.weight":"model-00002-of-00002.safetensors","h.0.w":"model-00002-of-00002.safetensors","h.1.w":"model-00001-of-00002.safetensors"}}"#,
  ])
  func crookedIndicesAreRefused(_ index: String) throws {
    try copy(Self.shards)
    try folder.write(index, to: "model.safetensors.index.json")
    #expect(throws: WeightSetError.self) { try WeightSet.open(folder: folder.path) }
  }

  @Test func aMissingShardIsNamed() throws {
    try copy([Self.shards[0]], index: "model.safetensors.index.json")
    let error = #expect(throws: FileError.self) { try WeightSet.open(folder: folder.path) }
    #expect(error == .missing(path: folder.file(Self.shards[1])))
  }

  @Test func aFolderWithoutWeightsSaysWhatIsMissing() throws {
    #expect(throws: WeightSetError.noWeights(folder: folder.path, found: nil)) {
      try WeightSet.open(folder: folder.path)
    }
  }

  /// The law of the content hash: what `sha256sum FILES | sha256sum` prints.
  @Test func theContentDigestIsThatOfSha256sumLines() throws {
    try copy(Self.shards, index: "model.safetensors.index.json")
    let lines = try Self.shards.map { name in
      "\(try SHA256Hasher.digest(ofFile: folder.file(name)).hex)  \(name)\n"
    }
    let set = try WeightSet.open(folder: folder.path)
    #expect(try set.contentDigest() == SHA256Hasher.digest(of: lines.joined().utf8))
  }

  @Test func onlyTokenizerFilesAreCopied() throws {
    let target = try TemporaryFolder()
    for name in ["tokenizer.json", "tokenizer_config.json", "modeling.py", "config.json"] {
      try folder.write(name, to: name)
    }
    try ModelFolder.copyCompanions(from: folder.path, to: target.path)
    #expect(try target.names() == ["tokenizer.json", "tokenizer_config.json"])
    #expect(
      try TextFile.readString(target.file("tokenizer.json"), sizeLimit: 99) == "tokenizer.json")
  }
}
