import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// A head in the file of a tied model, in a base and in a submission.
struct TiedHeadGateTests {
  private let folder: TemporaryFolder
  private let place = Vectors.path("cases/06-different-head-of-tied-model-ignored/model")
  private let embedding = "model.embed_tokens.weight"

  init() throws { folder = try TemporaryFolder() }

  /// The model of the case whose head is a copy of its embedding, but for the elements of `places`.
  private func model(_ name: String, differingAt places: Set<Int>) throws -> String {
    let source = try WeightSet.open(folder: place)
    let path = folder.file(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try ModelFolder.writeConfiguration(from: place, to: path, type: nil)
    let tensors = source.names.map { name in
      (name: name, shape: source.info(name)?.shape ?? [], type: TensorType.F32)
    }
    try SafetensorsWriter.write(to: "\(path)/model.safetensors", tensors: tensors) {
      name, range, out in
      try source.readFloats(name == "lm_head.weight" ? embedding : name, range: range, into: out)
      guard name == "lm_head.weight" else { return }
      for place in places where range.contains(place) { out[place - range.lowerBound] += 1 }
    }
    return path
  }

  @Test func aBaseWithAnotherHeadIsRefusedButForRoundsOfBefore() throws {
    #expect(throws: ModelError.self) { try BaseModel.open(folder: place) }
    #expect(throws: Never.self) { try BaseModel.open(folder: place, refusesOtherHead: false) }
    #expect(throws: Never.self) {
      try BaseModel.open(folder: try model("equal", differingAt: []))
    }
  }

  @Test func aSubmissionWithAnotherHeadFailsGateSixButForRoundsOfBefore() throws {
    let base = try BaseModel.open(folder: try model("base", differingAt: []))
    let other = try model("other", differingAt: [11])
    let equal = try model("equal", differingAt: [])
    #expect(throws: Never.self) { try Candidate.open(folder: equal, base: base).get() }
    let rejection = #expect(throws: Rejection.self) {
      try Candidate.open(folder: other, base: base).get()
    }
    #expect(rejection?.gate == 6)
    let words = try #require(rejection).description
    #expect(words.contains("lm_head.weight") && words.contains("element 11"))
    #expect(!words.contains(folder.path))
    #expect(throws: Never.self) {
      try Candidate.open(folder: other, base: base, limits: CandidateLimits(types: .ofBase)).get()
    }
  }
}
