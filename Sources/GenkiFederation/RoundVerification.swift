import Foundation
import GenkiCore
import GenkiFormats
import GenkiTensor

/// Makes a base again from its manifest and compares it byte for byte.
///
/// Everything that follows from the files is computed again: the content of base and accepted inputs,
/// the gates' norms, the u16 weights from the scores, shares, norm factors, the step that the trials
/// choose, and the new base itself. What differs is named. Scores, trials and the rejection of inputs
/// are taken from the manifest: they follow from data that need not be at hand.
public struct RoundVerification {
  /// What came out.
  public struct Report: Sendable, Equatable {
    /// One sentence for each thing that is not as the manifest says.
    public var differences: [String]
    /// SHA-256 of the recomputed `model.safetensors`; nil where an input was missing or differed.
    public var recomputed: ContentDigest?
    /// What the manifest says it is.
    public var stated: ContentDigest
    /// Whether the new base itself lies beside the manifest and was compared too.
    public var comparedFile: Bool

    /// Whether everything agrees.
    public var isVerified: Bool { differences.isEmpty && recomputed == stated }
  }

  private let path: String
  private let manifest: RoundManifest
  private let bytes: [UInt8]
  private let threads: Int

  /// Reads the manifest.
  public init(manifestPath: String, threads: Int) throws {
    path = manifestPath
    bytes = try TextFile.readBytes(manifestPath, sizeLimit: RoundManifest.bytesMaximum)
    manifest = try RoundManifest.parse(bytes, source: manifestPath)
    self.threads = threads
  }

  /// What of the record is not as the rules of its round say, a sentence each.
  public func differences(
    from damaType: DamaType, strategy: String, normBound: Double, limits: CandidateLimits
  ) -> [String] {
    var differences: [String] = []
    func compare(_ what: String, _ stated: String, _ due: String) {
      if stated != due {
        differences.append("\(what) of the aggregation is \(stated), the round's rules say \(due)")
      }
    }
    compare("the type", manifest.damaType?.rawValue ?? "not named", damaType.rawValue)
    compare("the strategy", manifest.rules.strategy.rawValue, strategy)
    compare("the norm bound", "\(manifest.rules.normBound)", "\(normBound)")
    if manifest.rules.limits != limits {
      differences.append("the bounds of the aggregation's gates are not those of the round's rules")
    }
    return differences
  }

  /// Recomputes the base.
  ///
  /// - Parameters:
  ///   - base: where the base is; nil takes the manifest's path.
  ///   - models: where the accepted models are, in the manifest's order; nil takes its paths.
  public func report(base: String? = nil, models: [String]? = nil) throws -> Report {
    try MappedFiles.checked { try checkedReport(base: base, models: models) }
  }

  private func checkedReport(base: String?, models: [String]?) throws -> Report {
    var report = Report(
      differences: [], recomputed: nil, stated: manifest.dama.digest, comparedFile: false)
    compareManifest(&report)
    compareStep(&report)
    try compareFile(&report)
    let folders = try inputFolders(models)
    let baseModel = try BaseModel.open(
      folder: base ?? located(manifest.base.path), refusesOtherHead: manifest.damaType != nil)
    let pool = WorkerPool(count: threads)
    guard try compareBase(baseModel, &report) else { return report }
    let stored = StoredTypes(manifest.damaType, of: baseModel)
    try compareHandedOn(baseModel.folder, type: stored.configurationType, &report)
    let gates = try CandidateGates(base: baseModel, limits: manifest.rules.limits, pool: pool)
    guard let inputs = try measuredInputs(folders, gates: gates, pool: pool, &report) else {
      return report
    }
    let plan = try comparePlan(norms: inputs.map(\.norm), &report)
    let recomputed = try recompute(
      AggregatedWeights(
        base: baseModel, candidates: inputs.map(\.candidate), plan: plan, step: manifest.step),
      types: stored.types, pool: pool)
    report.recomputed = recomputed
    if recomputed != manifest.dama.digest {
      report.differences.append(
        "the recomputed base has SHA-256 \(recomputed), the manifest says \(manifest.dama.digest)")
    }
    return report
  }

  private var accepted: [RoundManifest.Input] { manifest.inputs.filter { $0.rejection == nil } }

  /// The manifest must be what `aggregate` writes for its content, checksum included.
  private func compareManifest(_ report: inout Report) {
    if bytes != Array(manifest.encoded().utf8) {
      report.differences.append("the manifest was changed: its checksum does not fit its content")
    }
  }

  /// The step must be the one that the guard chooses from the manifest's own trials, and the whole
  /// change without trials.
  private func compareStep(_ report: inout Report) {
    guard !manifest.trials.isEmpty else {
      if !manifest.data.isEmpty {
        report.differences.append("the manifest names held-out text, but no trial of a step")
      }
      if manifest.step != 1 {
        report.differences.append("the step is \(manifest.step), but no trial chose it")
      }
      return
    }
    if manifest.trials.map(\.step) != GuardedStep.steps {
      report.differences.append("the trials are not those of the steps \(GuardedStep.steps)")
    }
    let due = GuardedStep.choice(manifest.trials, rules: manifest.rules.guardRules)?.step
    if due != manifest.step {
      report.differences.append(
        "the step is \(manifest.step), but the trials choose "
          + (due.map { "\($0)" } ?? "none"))
    }
  }

  /// The Dama's configuration must be the base's in all but the weights' type, and what it hands on the
  /// base's own.
  private func compareHandedOn(
    _ base: String, type: TensorType?, _ report: inout Report
  ) throws {
    let configuration = SHA256Hasher.digest(
      of: try ModelFolder.configuration(of: base, type: type))
    let isNamed = manifest.damaType != nil
    if manifest.dama.configurationDigest.map({ $0 != configuration }) ?? isNamed {
      report.differences.append("the manifest gives the Dama another config.json than its base's")
    }
    guard isNamed else { return }
    let stated = manifest.dama.companions ?? [:]
    let found = try RoundManifest.Dama.companions(of: base)
    for name in ModelFiles.companions where stated[name] != found[name] {
      report.differences.append("the manifest gives the Dama another \(name) than its base's")
    }
  }

  /// The new base beside the manifest, where there is one.
  private func compareFile(_ report: inout Report) throws {
    let file = folder + "/" + RoundManifest.damaFileName
    guard FileManager.default.fileExists(atPath: file) else { return }
    report.comparedFile = true
    let found = try RoundManifest.Dama(
      file: file, listsCompanions: manifest.damaType != nil)
    if found.digest != manifest.dama.digest || found.contentDigest != manifest.dama.contentDigest {
      report.differences.append(
        "\(file) has SHA-256 \(found.digest), the manifest says \(manifest.dama.digest)")
    }
    if found.configurationDigest != manifest.dama.configurationDigest {
      report.differences.append("config.json beside \(file) is not the one of the manifest")
    }
    if found.tokenizerDigest != manifest.dama.tokenizerDigest {
      report.differences.append("tokenizer.json beside \(file) is not the one of the manifest")
    }
    for name in ModelFiles.companions where name != ModelFiles.tokenizer {
      if found.companions?[name] != manifest.dama.companions?[name] {
        report.differences.append("\(name) beside \(file) is not the one of the manifest")
      }
    }
  }

  private var folder: String {
    let parent = URL(filePath: path).deletingLastPathComponent().path
    return parent.isEmpty ? "." : parent
  }

  /// A path of the manifest: as it stands, or from the manifest's own folder.
  private func located(_ stated: String) -> String {
    if stated.hasPrefix("/") || FileManager.default.fileExists(atPath: stated) { return stated }
    return folder + "/" + stated
  }

  private func inputFolders(_ models: [String]?) throws -> [String] {
    guard let models else { return accepted.map { located($0.path) } }
    guard models.count == accepted.count else {
      throw FederationError.outOfRange(
        name: "--model, given", value: "\(models.count) times",
        allowed: "given once for each of the manifest's \(accepted.count) accepted inputs")
    }
    return models
  }

  private func compareBase(_ base: BaseModel, _ report: inout Report) throws -> Bool {
    let found = try RoundManifest.Base(base)
    if found.contentDigest != manifest.base.contentDigest {
      report.differences.append(
        "base \(base.folder) has content hash \(found.contentDigest), "
          + "the manifest says \(manifest.base.contentDigest)")
      return false
    }
    if found.configurationDigest != manifest.base.configurationDigest {
      report.differences.append("the configuration of base \(base.folder) differs")
      return false
    }
    return true
  }

  /// The accepted inputs; nil, with the differences named, where one is not what was merged.
  private func measuredInputs(
    _ folders: [String], gates: CandidateGates, pool: WorkerPool, _ report: inout Report
  ) throws -> [(candidate: Candidate, norm: Double)]? {
    let before = report.differences.count
    var inputs: [(candidate: Candidate, norms: ChangeNorms)] = []
    var seen: Set<ContentDigest> = []
    let opened = try Candidate.open(
      folders.map { ($0, $0) }, base: gates.base, limits: manifest.rules.limits, pool: pool)
    let outcomes = gates.inspect(opened.candidates, keepsPages: true, pool: pool)
    for (stated, (folder, outcome)) in zip(accepted, zip(folders, outcomes)) {
      switch outcome {
      case .failure(let rejection):
        report.differences.append("input \(folder) is refused: \(rejection)")
      case .success(let input) where input.candidate.contentDigest != stated.contentDigest:
        report.differences.append(
          "input \(folder) has content hash \(input.candidate.contentDigest), "
            + "the manifest says \(stated.contentDigest?.hex ?? "nothing")")
      case .success(let input)
      where input.candidate.configurationDigest != stated.configurationDigest:
        report.differences.append("the adapter configuration of input \(folder) differs")
      case .success(let input) where !seen.insert(input.candidate.contentDigest).inserted:
        report.differences.append("input \(folder) stands in the manifest twice")
      case .success(let input) where try repeats(input, of: inputs, gates, pool):
        report.differences.append("input \(folder) has the values of another one")
      case .success(let input): inputs.append(input)
      }
    }
    return report.differences.count == before
      ? inputs.map { ($0.candidate, $0.norms.norm) } : nil
  }

  /// Whether one of the models before has the same values, where rounds know models by them.
  private func repeats(
    _ input: (candidate: Candidate, norms: ChangeNorms),
    of earlier: [(candidate: Candidate, norms: ChangeNorms)], _ gates: CandidateGates,
    _ pool: WorkerPool
  ) throws -> Bool {
    guard manifest.damaType != nil else { return false }
    return try earlier.contains {
      try input.candidate.hasValues(of: $0.candidate, input.norms == $0.norms, gates, pool)
    }
  }

  /// The plan from the manifest's weights; what it does not repeat of the manifest is named.
  private func comparePlan(norms: [Double], _ report: inout Report) throws -> AggregationPlan {
    let parts = accepted.compactMap(\.part)
    let weights = WeightVector.quantized(
      manifest.inputs.map { $0.rejection == nil ? $0.score : 0 })
    if weights.map({ zip($0, manifest.inputs).filter { $1.rejection == nil }.map(\.0) })
      != parts.map(\.weight)
    {
      report.differences.append("the weights do not follow from the scores")
    }
    let plan = try AggregationPlan(
      strategy: manifest.rules.strategy, weights: parts.map(\.weight), norms: norms,
      normBound: manifest.rules.normBound)
    for (input, (stated, found)) in zip(accepted, zip(parts, plan.inputs)) {
      if stated.norm != found.norm {
        report.differences.append(
          "the norm of input \(input.path) is \(found.norm), the manifest says \(stated.norm)")
      }
      if stated.share != found.share {
        report.differences.append(
          "the share of input \(input.path) is \(found.share) by the weights, "
            + "the manifest says \(stated.share)")
      }
      if stated.normFactor != found.normFactor {
        report.differences.append(
          "the norm factor of input \(input.path) is \(found.normFactor), "
            + "the manifest says \(stated.normFactor)")
      }
    }
    return plan
  }

  /// Writes the base to a temporary file, which is removed again.
  private func recompute(
    _ weights: AggregatedWeights, types: [TensorType], pool: WorkerPool
  ) throws -> ContentDigest {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "genki-verify-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = folder + "/" + RoundManifest.damaFileName
    return try weights.write(to: file, types: types, pool: pool)
  }
}
