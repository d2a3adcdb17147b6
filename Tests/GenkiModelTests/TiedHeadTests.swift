import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// A head in the file of a model whose configuration ties it to the embedding.
struct TiedHeadTests {
  private let folder: TemporaryFolder
  private let place = Vectors.path("cases/06-different-head-of-tied-model-ignored/model")

  init() throws { folder = try TemporaryFolder() }

  @Test func anotherHeadIsRefusedByNameWithTheWayOut() throws {
    let error = #expect(throws: ModelError.self) { try LanguageModel.load(folder: place) }
    let words = "\(try #require(error))"
    for part in ["lm_head.weight", "model.embed_tokens.weight", "tie_word_embeddings", "remove"] {
      #expect(words.contains(part), "\(words)")
    }
  }

  @Test func asTheAdviceSaysTheHeadIsUsed() throws {
    let text = try TextFile.readString(place + "/config.json", sizeLimit: 1 << 16)
    try folder.write(
      text.replacing("\"tie_word_embeddings\": true", with: "\"tie_word_embeddings\": false"),
      to: "config.json")
    try FileManager.default.copyItem(
      atPath: place + "/model.safetensors", toPath: folder.file("model.safetensors"))
    let model = try LanguageModel.load(folder: folder.path)
    let (head, embedding) = (
      try #require(model.parameters.first { $0.name == "lm_head.weight" }),
      try #require(model.parameters.first { $0.name == "model.embed_tokens.weight" })
    )
    #expect(model.values(of: head).first != model.values(of: embedding).first)
  }

  /// The model of the case with the head that `change` makes of its embedding.
  private func write(
    _ embeddingType: TensorType, head headType: TensorType, columns: Int? = nil,
    change: (Int, inout Float) -> Void
  ) throws {
    let source = try WeightSet.open(folder: place)
    let embedding = "model.embed_tokens.weight"
    let info = try #require(source.info(embedding))
    try FileManager.default.copyItem(
      atPath: place + "/config.json", toPath: folder.file("config.json"))
    let names = source.names.filter { $0 != "lm_head.weight" }
    var tensors = names.map { name in
      (name: name, shape: source.info(name)?.shape ?? [], type: embeddingType)
    }
    tensors.append(("lm_head.weight", [info.shape[0], columns ?? info.shape[1]], headType))
    // Rounded first, so that the values are the same in either type.
    try SafetensorsWriter.write(
      to: folder.file("rounded.safetensors"), tensors: [(embedding, info.shape, .BF16)]
    ) { name, range, out in try source.readFloats(name, range: range, into: out) }
    let rounded = try SafetensorsFile(path: folder.file("rounded.safetensors"))
    let values = try #require(rounded[embedding])
    try SafetensorsWriter.write(
      to: folder.file("model.safetensors"), tensors: tensors
    ) { name, range, out in
      guard name == "lm_head.weight" || name == embedding else {
        return try source.readFloats(name, range: range, into: out)
      }
      try rounded.readFloats(values, range: range, into: out)
      guard name == "lm_head.weight" else { return }
      for index in range { change(index, &out[index - range.lowerBound]) }
    }
  }

  @Test(arguments: [TensorType.F32, .BF16], [TensorType.F32, .BF16])
  func anEqualCopyIsReadInWhateverType(_ embedding: TensorType, _ head: TensorType) throws {
    try write(embedding, head: head) { _, _ in }
    #expect(throws: Never.self) { try LanguageModel.load(folder: folder.path) }
  }

  @Test(arguments: [0, 16_384, 33_599])
  func oneOtherElementIsEnough(_ place: Int) throws {
    try write(.BF16, head: .F32) { index, value in if index == place { value += 1 } }
    let error = #expect(throws: ModelError.self) { try LanguageModel.load(folder: folder.path) }
    #expect("\(try #require(error))".contains("element \(place) "))
  }

  @Test func aHeadThatIsNoNumberOrHasAnotherShapeIsAnotherHead() throws {
    try write(.F32, head: .F32) { index, value in if index == 5 { value = .nan } }
    #expect(throws: ModelError.self) { try LanguageModel.load(folder: folder.path) }
    unlink(folder.file("config.json"))
    try write(.F32, head: .F32, columns: 1) { _, _ in }
    #expect(throws: ModelError.self) { try LanguageModel.load(folder: folder.path) }
  }
}
