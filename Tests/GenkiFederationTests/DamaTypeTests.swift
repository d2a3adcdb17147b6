import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiModel
import GenkiTensor
import TestSupport
import Testing

/// A base of 16 bits: what may be submitted over it, and that a Dama is what was announced.
struct DamaTypeTests {
  let folder: TemporaryFolder
  let round: TinyRound
  static let types: [TensorType] = [.BF16, .F16]

  init() throws {
    folder = try TemporaryFolder()
    round = try TinyRound.shared.get()
  }

  /// The tiny round's base in another type, with a template and settings of generation.
  private func base(_ type: TensorType) throws -> String {
    let base = try round.variant(of: "base", in: folder, "base", type: type) { _ in }
    try folder.write(Array(#"{"eos_token_id": [0, 1]}"#.utf8), to: "base/generation_config.json")
    try folder.write(Array("{{ messages }}".utf8), to: "base/chat_template.jinja")
    let text = try TextFile.readString(base + "/config.json", sizeLimit: 1 << 20)
    try AtomicFile.write(
      text.replacingOccurrences(of: "{\n", with: "{\n  \"unknown_key\": [1,2],\n"),
      to: base + "/config.json")
    return base
  }

  private func job(
    _ base: String, _ models: [String], _ type: DamaType?, isGuarded: Bool = false
  ) -> AggregationJob {
    let heldOut = AggregationJob.HeldOut(
      sets: TinyRound.heldOut(), records: [], seed: 7, rows: 24)
    var job = AggregationJob(
      baseFolder: base, models: models.map { .init(folder: $0) }, strategy: .weightedMean,
      heldOut: isGuarded ? heldOut : nil, threads: 2)
    job.damaType = type
    return job
  }

  private func losses(_ folder: String) throws -> [LossProfile] {
    let session = try EvaluationSession(base: BaseModel.open(folder: folder), rows: 24, threads: 2)
    try session.loadBase()
    return try session.losses(TinyRound.heldOut())
  }

  private func gain(from base: String, to dama: String) throws -> Double {
    let (before, after) = (try losses(base), try losses(dama))
    let domains = zip(before, after).map { $0.gain(of: $1, name: "") }
    return LossGain(domains: domains).delta
  }

  // MARK: The Dama

  @Test(arguments: types, [DamaType.float32, .base])
  func announcedGainIsThatOfTheFile(type: TensorType, damaType: DamaType) throws {
    let base = try base(type)
    let models = ["a", "b", "c-lora"].map(round.folder.file)
    let out = folder.file("dama")
    let manifest = try job(base, models, damaType, isGuarded: true).run(out: out)
    let announced = try #require(manifest.trials.first { $0.step == manifest.step })
    #expect(abs(try gain(from: base, to: out) - announced.gain.delta) < 1e-6)
    let weights = try WeightSet.open(folder: out)
    let stored = damaType == .float32 ? TensorType.F32 : type
    #expect(weights.names.allSatisfy { weights.info($0)?.type == stored })
    #expect((announced.changesKept == nil) == (damaType == .float32))
    let report = try RoundVerification(manifestPath: out + "/manifest.json", threads: 1).report()
    #expect(report.differences == [])
    #expect(report.isVerified)
    #expect(try RoundManifest.load(path: out + "/manifest.json") == manifest)
  }

  @Test func stepThatRoundingEatsIsMeasuredAsItIsWritten() throws {
    let base = try base(.BF16)
    // A change of which most weights move by less than half a step of bfloat16.
    let start = try LanguageModel.load(folder: base)
    let small = try round.variant(of: "a", in: folder, "small") { model in
      model.step(from: start, by: 0.01)
    }
    let out = folder.file("dama")
    let manifest = try job(base, [small], .base, isGuarded: true).run(out: out)
    let kept = manifest.trials.compactMap(\.changesKept)
    #expect(kept.count == GuardedStep.steps.count)
    #expect(kept.first.map { $0 < 0.7 } == true)
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0 > $1 }, "shorter steps lose more")
    let announced = try #require(manifest.trials.first { $0.step == manifest.step })
    #expect(abs(try gain(from: base, to: out) - announced.gain.delta) < 1e-6)
    let exact = try job(base, [small], .float32, isGuarded: true).run(
      out: folder.file("exact"))
    #expect(exact.trials[4].gain.delta > manifest.trials[4].gain.delta)
    #expect(exact.trials.allSatisfy { $0.changesKept == nil })
  }

  @Test func reasonSaysThatRoundingAteEveryStep() throws {
    let base = try base(.BF16)
    // A thousandth of a weight is less than half a step of bfloat16 anywhere.
    let tiny = folder.file("tiny")
    let model = try LanguageModel.load(folder: base)
    for index in model.weights.indices { model.weights[index] *= 1.001 }
    try model.save(folder: tiny, type: .F32)
    #expect {
      try job(base, [tiny], .base, isGuarded: true).run(out: folder.file("dama"))
    } throws: { error in
      "\(error)".contains("0.0 % of the changes survive the rounding")
    }
  }

  @Test func damaHandsOnWhatTheBaseHas() throws {
    let base = try base(.BF16)
    let out = folder.file("dama")
    let manifest = try job(base, [round.folder.file("a")], .float32).run(out: out)
    let before = try TextFile.readString(base + "/config.json", sizeLimit: 1 << 20)
    let after = try TextFile.readString(out + "/config.json", sizeLimit: 1 << 20)
    #expect(after == before.replacingOccurrences(of: "\"bfloat16\"", with: "\"float32\""))
    #expect(after != before)
    for name in ["generation_config.json", "chat_template.jinja"] {
      let digest = try SHA256Hasher.digest(ofFile: "\(base)/\(name)")
      #expect(try SHA256Hasher.digest(ofFile: "\(out)/\(name)") == digest)
      #expect(manifest.dama.companions?[name] == digest)
    }
    let handOver = BaseHandOver(before: try BaseModel.open(folder: base), damaType: .float32)
    #expect(try handOver.differences(of: out) == [])
    try AtomicFile.write("{{ other }}", to: out + "/chat_template.jinja")
    unlink(out + "/generation_config.json")
    try AtomicFile.write(
      after.replacingOccurrences(of: "[1,2]", with: "[1,3]"), to: out + "/config.json")
    let differences = try handOver.differences(of: out)
    for name in ["config.json is not", "chat_template.jinja is not", "generation_config.json of"] {
      #expect(differences.contains { $0.hasPrefix(name) }, "\(name) in \(differences)")
    }
    let report = try RoundVerification(manifestPath: out + "/manifest.json", threads: 1).report()
    #expect(report.differences.filter { $0.contains("beside") }.count == 3)
  }

  @Test func guardOfARoundWithoutTheRuleMeasuresBeforeTheRounding() throws {
    let base = try base(.BF16)
    let start = try LanguageModel.load(folder: base)
    let small = try round.variant(of: "a", in: folder, "small", type: .BF16) { model in
      model.step(from: start, by: 0.3)
    }
    let first = try job(base, [small], nil, isGuarded: true).run(out: folder.file("first"))
    let exact = try job(base, [small], .float32, isGuarded: true).run(out: folder.file("exact"))
    #expect(first.trials == exact.trials)
    #expect(first.trials.allSatisfy { $0.changesKept == nil })
    let text = try TextFile.readString(folder.file("first/manifest.json"), sizeLimit: 1 << 20)
    #expect(!text.contains("changes_kept"))
  }

  @Test func recordThatIsNotAsTheRulesSayIsNamed() throws {
    let base = try base(.BF16)
    let out = folder.file("dama")
    _ = try job(base, [round.folder.file("a")], .base).run(out: out)
    let verification = try RoundVerification(manifestPath: out + "/manifest.json", threads: 1)
    let rules = AggregationStrategy.weightedMean.rawValue
    #expect(
      verification.differences(
        from: .base, strategy: rules, normBound: 3, limits: CandidateLimits()) == [])
    let differences = verification.differences(
      from: .float32, strategy: "median", normBound: 2, limits: CandidateLimits(rank: 8))
    #expect(differences.count == 4)
    #expect(differences.first?.contains("is base, the round's rules say float32") == true)
  }

  @Test func pointerInPlaceOfAConfigurationIsADifference() throws {
    let base = try base(.BF16)
    let out = folder.file("dama")
    _ = try job(base, [round.folder.file("a")], .float32).run(out: out)
    try AtomicFile.write(
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
      to: out + "/config.json")
    let handOver = BaseHandOver(before: try BaseModel.open(folder: base), damaType: .float32)
    #expect(try handOver.differences(of: out) == ["config.json is not that of the base before"])
  }

  @Test func roundsWithoutTheRuleGiveTheBytesOfBefore() throws {
    let base = try base(.BF16)
    let models = ["a", "c-lora"].map { name in
      name == "a" ? folder.file("half") : round.folder.file(name)
    }
    _ = try round.variant(of: "a", in: folder, "half", type: .BF16) { _ in }
    let out = folder.file("dama")
    let manifest = try job(base, models, nil).run(out: out)
    let text = try TextFile.readString(out + "/manifest.json", sizeLimit: 1 << 20)
    #expect(text.contains("\"genki-dama/round/1\""))
    for key in ["dama_dtype", "files_sha256"] { #expect(!text.contains(key)) }
    #expect(manifest.dama.configurationDigest == manifest.base.configurationDigest)
    let report = try RoundVerification(manifestPath: out + "/manifest.json", threads: 2).report()
    #expect(report.isVerified)
    let named = try job(base, models, .base).run(out: folder.file("named"))
    #expect(named.dama.digest == manifest.dama.digest)
  }

  @Test func unknownTypeOfADamaIsNamed() throws {
    let base = try base(.BF16)
    let out = folder.file("dama")
    _ = try job(base, [round.folder.file("a")], .float32).run(out: out)
    let path = out + "/manifest.json"
    let text = try TextFile.readString(path, sizeLimit: 1 << 20)
    try AtomicFile.write(
      text.replacingOccurrences(
        of: "\"dama_dtype\": \"float32\"", with: "\"dama_dtype\": \"fp8\""), to: path)
    #expect {
      try RoundManifest.load(path: path)
    } throws: { "\($0)".contains("dama_dtype: is 'fp8'") || "\($0)".contains("fp8") }
  }

  // MARK: Submissions

  @Test(arguments: [
    (TensorType.BF16, TensorType.BF16, true), (.BF16, .F32, true), (.F16, .F32, true),
    (.F16, .F16, true), (.BF16, .F16, false), (.F16, .BF16, false), (.F32, .BF16, false),
    (.F32, .F16, false), (.F32, .F32, true),
  ])
  func submissionsAreStoredAsTheBaseOrWider(
    baseType: TensorType, type: TensorType, isAccepted: Bool
  ) throws {
    let path = try round.variant(of: "base", in: folder, "base", type: baseType) { _ in }
    let model = try round.variant(of: "a", in: folder, "model", type: type) { _ in }
    let base = try BaseModel.open(folder: path)
    switch Candidate.open(folder: model, base: base) {
    case .success: #expect(isAccepted)
    case .failure(let rejection):
      #expect(!isAccepted)
      #expect(rejection.gate == 6)
      #expect("\(rejection)".contains("finetune --dtype"))
    }
    let first = CandidateLimits(types: .ofBase)
    if case .success = Candidate.open(folder: model, base: base, limits: first) {
      #expect(type == baseType, "rounds of before take the base's types alone")
    }
  }

  @Test func sameModelInAnotherTypeIsTheSame() throws {
    let base = try base(.BF16)
    let half = try round.variant(of: "a", in: folder, "half", type: .BF16) { _ in }
    let wide = folder.file("wide")
    try LanguageModel.load(folder: half).save(folder: wide, type: .F32)
    let other = round.folder.file("b")
    let session = try EvaluationSession(base: BaseModel.open(folder: base), rows: 24, threads: 2)
    let entries = [half, wide, other].enumerated().map { place, path in
      ScoreRun.Entry(name: "\(place)", folder: path, order: OrderKey(position: place))
    }
    let (sets, probe) = (TinyRound.heldOut(), TinyRound.heldOut(rows: 12, seed: 6_000))
    let report = try ScoreRun(session: session).report(entries, sets: sets, probe: probe)
    #expect(report.scores[1].rejection == .duplicate(of: "0"))
    #expect(report.valueDigests[0] == report.valueDigests[1])
    #expect(report.valueDigests[0] != report.valueDigests[2])
    let files = try ScoreRun(session: session, identity: .files).report(
      entries, sets: sets, probe: probe)
    #expect(files.scores[1].rejection == nil, "files alone do not tell")
    let earlier = try ScoreRun(session: session).report(
      entries,
      earlierOwner: { _, values in values == report.valueDigests[2] ? "an old model" : nil },
      sets: sets, probe: probe)
    #expect(earlier.scores[2].rejection == .duplicate(of: "an old model"))
    let manifest = try job(base, [half, wide, other], .float32).run(out: folder.file("dama"))
    #expect(manifest.inputs.map { $0.rejection?.code } == [nil, "duplicate", nil])
  }

  @Test func aModelRoundedToTheBasesTypeIsTheSame() throws {
    let base = try base(.BF16)
    let start = try LanguageModel.load(folder: base)
    // A change as small as the rounding: neither similarity nor equal values would tell.
    let small = try round.variant(of: "a", in: folder, "small") { model in
      model.step(from: start, by: 0.02)
    }
    let rounded = folder.file("rounded")
    try LanguageModel.load(folder: small).save(folder: rounded, type: .BF16)
    let session = try EvaluationSession(base: BaseModel.open(folder: base), rows: 24, threads: 2)
    let report = try ScoreRun(session: session).report(
      [small, rounded].enumerated().map {
        ScoreRun.Entry(name: "\($0)", folder: $1, order: OrderKey(position: $0))
      }, sets: TinyRound.heldOut(), probe: TinyRound.heldOut(rows: 12, seed: 6_000))
    #expect(report.scores[0].isAccepted)
    #expect(report.scores[1].rejection == .duplicate(of: "0"))
    #expect(report.valueDigests[0] != report.valueDigests[1])
  }

  @Test func valuesDoNotKnowTheOrderOfTensorsNorTheSignOfZero() throws {
    let base = try BaseModel.open(folder: round.base)
    let pool = WorkerPool(count: 2)
    let plain = try round.variant(of: "a", in: folder, "plain") { $0.weights[3] = 0 }
    let minus = try round.variant(of: "a", in: folder, "minus") { $0.weights[3] = -0.0 }
    let session = try EvaluationSession(base: base, rows: 24, threads: pool.count)
    let report = try ScoreRun(session: session).report(
      [plain, minus].enumerated().map {
        ScoreRun.Entry(name: "\($0)", folder: $1, order: OrderKey(position: $0))
      }, sets: TinyRound.heldOut(), probe: TinyRound.heldOut(rows: 12, seed: 6_000))
    #expect(
      try WeightSet.open(folder: plain).contentDigest()
        != WeightSet.open(folder: minus).contentDigest())
    #expect(report.scores[1].rejection == .duplicate(of: "0"))
  }
}
