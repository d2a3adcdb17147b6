import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// A manifest makes the same base again, and whatever is not as it says is named.
struct RoundManifestTests {
  let folder: TemporaryFolder
  let round: TinyRound
  let base: String
  let models: [String]
  let manifest: RoundManifest
  var manifestPath: String { folder.file("dama/manifest.json") }

  /// A Dama of copies of the tiny round's models, which the tests may spoil.
  init() throws {
    folder = try TemporaryFolder()
    round = try TinyRound.shared.get()
    for name in ["base", "a", "b", "c-lora"] {
      try FileManager.default.copyItem(
        atPath: round.folder.file(name), toPath: folder.file(name))
    }
    base = folder.file("base")
    models = ["a", "b", "c-lora"].map(folder.file)
    manifest = try AggregationJob(
      baseFolder: base,
      models: zip(models, [0.01, 0.02, 0.005]).map { .init(folder: $0, score: $1) },
      strategy: .weightedMean, threads: 2
    ).run(out: folder.file("dama"))
  }

  private func verify(models: [String]? = nil) throws -> RoundVerification.Report {
    try RoundVerification(manifestPath: manifestPath, threads: 1).report(models: models)
  }

  private func edit(_ from: String, _ to: String) throws {
    let text = try TextFile.readString(manifestPath, sizeLimit: 1 << 20)
    #expect(text.contains(from))
    try AtomicFile.write(text.replacingOccurrences(of: from, with: to), to: manifestPath)
  }

  private func flipByte(of path: String, at place: Int) throws {
    var bytes = try TextFile.readBytes(path, sizeLimit: 1 << 30)
    bytes[bytes.count - 1 - place] ^= 1
    try AtomicFile.write(bytes, to: path)
  }

  @Test func manifestIsReadBackAsWritten() throws {
    #expect(try RoundManifest.load(path: manifestPath) == manifest)
    #expect(manifest.inputs.map { $0.part?.weight } == [32_768, 65_535, 16_384])
    #expect(
      manifest.dama.digest
        == (try SHA256Hasher.digest(ofFile: folder.file("dama/model.safetensors"))))
    #expect(
      try manifest.dama.contentDigest
        == WeightSet.open(folder: folder.file("dama")).contentDigest())
  }

  @Test func roundIsVerified() throws {
    let report = try verify()
    #expect(report.differences == [])
    #expect(report.isVerified && report.comparedFile)
    #expect(report.recomputed == manifest.dama.digest)
  }

  @Test func changedByteOfAnInputIsNamed() throws {
    try flipByte(of: models[1] + "/model.safetensors", at: 10)
    let report = try verify()
    #expect(!report.isVerified)
    #expect(report.differences.count == 1)
    #expect(report.differences[0].contains(models[1]))
  }

  @Test func changedScaleOfAnAdapterIsNamed() throws {
    let path = models[2] + "/adapter_config.json"
    let text = try TextFile.readString(path, sizeLimit: 1 << 20)
    try AtomicFile.write(text + " ", to: path)
    #expect(try verify().differences.first?.contains("adapter configuration") == true)
  }

  @Test func changedByteOfTheBaseIsNamed() throws {
    try flipByte(of: base + "/model.safetensors", at: 10)
    let report = try verify()
    #expect(!report.isVerified)
    #expect(report.differences.first?.contains("base") == true)
  }

  @Test func changedByteOfTheDamaIsNamed() throws {
    try flipByte(of: folder.file("dama/model.safetensors"), at: 0)
    let report = try verify()
    #expect(!report.isVerified)
    #expect(report.recomputed == manifest.dama.digest)
    #expect(report.differences.first?.contains("dama/model.safetensors") == true)
  }

  @Test func changedConfigurationOrTokenizerBesideTheDamaIsNamed() throws {
    try AtomicFile.write("{}", to: folder.file("dama/tokenizer.json"))
    #expect(try verify().differences.contains { $0.contains("tokenizer.json") })
    unlink(folder.file("dama/tokenizer.json"))
    #expect(try verify().isVerified)
    try flipByte(of: folder.file("dama/config.json"), at: 0)
    #expect(try verify().differences.contains { $0.contains("config.json") })
  }

  @Test(arguments: [
    ("\"weight\": 65535", "\"weight\": 65534", "weights do not follow"),
    ("\"score\": 0.02", "\"score\": 0.021", "weights do not follow"),
    ("\"step_size\": 1.0", "\"step_size\": 0.5", "recomputed base"),
    ("\"step_size\": 1.0", "\"step_size\": 0.5", "no trial chose it"),
    ("\"seed\": 0", "\"seed\": 1", "checksum"),
    ("\"strategy\": \"weighted-mean\"", "\"strategy\": \"median\"", "recomputed base"),
  ])
  func changedFigureIsNamed(from: String, to: String, difference: String) throws {
    try edit(from, to)
    let report = try verify()
    #expect(!report.isVerified)
    #expect(report.differences.contains { $0.contains(difference) })
  }

  @Test func otherOrderOfTheInputsIsRefused() throws {
    #expect(try !verify(models: [models[1], models[0], models[2]]).isVerified)
    #expect(throws: FederationError.self) { try verify(models: [models[0]]) }
  }

  @Test(arguments: [
    ("\"format\"", "\"formats\"", "format"), ("\"share\"", "\"chare\"", "inputs[0].share"),
    ("\"verdict\": \"accepted\"", "\"verdict\": \"fine\"", "inputs[0].verdict"),
    ("\"weight\": 65535", "\"weight\": 65536", "inputs[1].weight"),
  ])
  func brokenManifestNamesTheKey(from: String, to: String, key: String) throws {
    try edit(from, to)
    #expect {
      try RoundManifest.load(path: manifestPath)
    } throws: { "\($0)".contains("manifest.json: \(key):") }
  }

  @Test func refusedModelsAreRecordedAndLeftOut() throws {
    let broken = try round.variant(of: "a", in: folder, "broken") { model in
      model.weights[5] = .nan
    }
    let out = folder.file("dama2")
    let manifest = try AggregationJob(
      baseFolder: base,
      models: [models[0], broken, models[0], models[1]].map { .init(folder: $0) },
      strategy: .median, threads: 2
    ).run(out: out)
    #expect(manifest.inputs.map { $0.rejection?.code } == [nil, "non_finite", "duplicate", nil])
    let report = try RoundVerification(manifestPath: out + "/manifest.json", threads: 2).report()
    #expect(report.differences == [])
    #expect(report.isVerified)
  }

  @Test func nothingIsWrittenWithoutAValidModel() throws {
    let out = folder.file("none")
    #expect {
      try AggregationJob(
        baseFolder: base, models: [.init(folder: base)], strategy: .weightedMean, threads: 1
      ).run(out: out)
    } throws: { "\($0)".contains("unchanged") }
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test func guardedStepIsTakenAndRecorded() throws {
    let out = folder.file("guarded")
    let heldOut = AggregationJob.HeldOut(
      sets: TinyRound.heldOut(), records: [], seed: 7, rows: 24)
    let manifest = try AggregationJob(
      baseFolder: base, models: models.map { .init(folder: $0) }, strategy: .weightedMean,
      heldOut: heldOut, threads: 2
    ).run(out: out)
    #expect(manifest.trials.map(\.step) == GuardedStep.steps)
    let taken = try #require(manifest.trials.first { $0.step == manifest.step })
    #expect(taken.gain.delta > 2 * taken.gain.standardError)
    #expect(taken.gain.domains.allSatisfy { $0.delta >= -0.02 })
    #expect(try RoundManifest.load(path: out + "/manifest.json") == manifest)
  }

  @Test func guardKeepsTheBaseWhenTheModelsHarm() throws {
    let folder = folder
    let base = try round.variant(of: "base", in: folder, "start") { _ in }
    let start = try LanguageModel.load(folder: base)
    let harmful = try round.variant(of: "a", in: folder, "harmful") { model in
      model.step(from: start, by: -1)
    }
    let out = folder.file("kept")
    #expect {
      try AggregationJob(
        baseFolder: base, models: [.init(folder: harmful)], strategy: .weightedMean,
        heldOut: .init(sets: TinyRound.heldOut(), records: [], seed: 0, rows: 8), threads: 2
      ).run(out: out)
    } throws: { error in
      guard case FederationError.noImprovement = error else { return false }
      return true
    }
    #expect(!FileManager.default.fileExists(atPath: out))
  }
}
