import Foundation
import GenkiCore
import GenkiFormats
import GenkiTensor

/// Merges models into the next base: reject invalid → norm bound → combine → guarded step → write.
public struct AggregationJob {
  /// A model with the score that weighs it.
  public struct Model: Sendable, Equatable {
    /// The model or adapter.
    public var folder: String
    /// What the manifest calls it.
    public var name: String
    /// Not negative; the largest becomes the u16 weight 65,535.
    public var score: Double

    /// A model and its score; without a name the manifest calls it by its folder.
    public init(folder: String, name: String? = nil, score: Double = 1) {
      self.folder = folder
      self.name = name ?? folder
      self.score = score
    }
  }

  /// The held-out text of the guarded step.
  public struct HeldOut: Sendable {
    /// The windows of each data set.
    public var sets: [EvaluationSet]
    /// What the manifest says of the files.
    public var records: [RoundManifest.DataFile]
    /// The seed that chose the windows.
    public var seed: UInt64
    /// Windows that are evaluated together.
    public var rows: Int

    /// Held-out text; see the properties.
    public init(
      sets: [EvaluationSet], records: [RoundManifest.DataFile], seed: UInt64, rows: Int
    ) {
      self.sets = sets
      self.records = records
      self.seed = seed
      self.rows = rows
    }
  }

  /// The base that is moved.
  public var baseFolder: String
  /// What the manifest calls the base; nil takes its folder.
  public var baseName: String?
  /// In commit order.
  public var models: [Model]
  /// How changes are combined.
  public var strategy: AggregationStrategy
  /// How the new base is stored; nil for a round whose rules do not say it.
  public var damaType: DamaType? = .float32
  /// The bounds of the gates.
  public var limits: CandidateLimits
  /// The bound on a norm, as a multiple of the median.
  public var normBound: Double
  /// The bounds of the guarded step.
  public var guardRules: GuardedStep.Rules
  /// Nil takes the whole step.
  public var heldOut: HeldOut?
  /// Worker threads; they change nothing in the result.
  public var threads: Int

  /// A job with the default bounds.
  public init(
    baseFolder: String, models: [Model], strategy: AggregationStrategy, heldOut: HeldOut? = nil,
    threads: Int
  ) {
    self.baseFolder = baseFolder
    self.models = models
    self.strategy = strategy
    self.heldOut = heldOut
    self.threads = threads
    limits = CandidateLimits()
    normBound = AggregationPlan.defaultNormBound
    guardRules = GuardedStep.Rules()
  }

  /// Writes `model.safetensors`, the base's configuration and tokenizer, and `manifest.json`.
  ///
  /// The folder appears complete or not at all. Throws `FederationError.noImprovement` and writes
  /// nothing where no guarded step helps, and `FileError.cannotCreate` where `out` is not empty.
  public func run(
    out: String, progress: @escaping ProgressHandler = { _ in }
  ) throws -> RoundManifest {
    let (staged, manifest) = try MappedFiles.checked { try stage(out: out, progress: progress) }
    try staged.publish()
    progress(ProgressUpdate(phase: "writing the new base", done: 1, total: 1))
    return manifest
  }

  /// Everything but the folder's name: what was read from a damaged file never gets it.
  private func stage(
    out: String, progress: @escaping ProgressHandler
  ) throws -> (StagedFolder, RoundManifest) {
    let base = try BaseModel.open(folder: baseFolder, refusesOtherHead: damaType != nil)
    let pool = WorkerPool(count: threads)
    let gates = try CandidateGates(base: base, limits: limits, pool: pool)
    let inspection = try AggregationInspection(
      models: models, gates: gates, identity: damaType == nil ? .files : .values, pool: pool)
    let plan = try AggregationPlan(
      strategy: strategy, weights: inspection.acceptedWeights, norms: inspection.norms,
      normBound: normBound)
    let stored = StoredTypes(damaType, of: base)
    let trials = try guardTrials(
      base, inspection.accepted, plan: plan, types: stored.measured, progress: progress)
    let step = try chosenStep(trials)
    let staged = try StagedFolder(target: out)
    progress(ProgressUpdate(phase: "writing the new base", done: 0, total: 1))
    let file = staged.path + "/" + RoundManifest.damaFileName
    let digest = try AggregatedWeights(
      base: base, candidates: inspection.accepted, plan: plan, step: step
    ).write(to: file, types: stored.types, pool: pool)
    try ModelFolder.writeConfiguration(
      from: baseFolder, to: staged.path, type: stored.configurationType)
    try ModelFolder.copyCompanions(from: baseFolder, to: staged.path)
    var baseRecord = try RoundManifest.Base(base, contentDigest: inspection.baseDigest)
    baseRecord.path = baseName ?? baseRecord.path
    let manifest = try RoundManifest(
      base: baseRecord, rules: rules, damaType: damaType,
      inputs: inspection.records(plan: plan), step: step, trials: trials, heldOut: heldOut,
      dama: RoundManifest.Dama(file: file, digest: digest, listsCompanions: damaType != nil))
    try AtomicFile.write(manifest.encoded(), to: staged.path + "/" + RoundManifest.fileName)
    return (staged, manifest)
  }

  private var rules: RoundManifest.Rules {
    RoundManifest.Rules(
      strategy: strategy, normBound: normBound, limits: limits, guardRules: guardRules)
  }

  /// The gain of every step on the held-out text; empty without it.
  private func guardTrials(
    _ base: BaseModel, _ candidates: [Candidate], plan: AggregationPlan,
    types: [TensorType], progress: @escaping ProgressHandler
  ) throws -> [GuardedStep.Trial] {
    guard let heldOut else { return [] }
    for set in heldOut.sets where set.windowCount < 2 {
      throw FederationError.tooFewWindows(
        dataset: set.name, windows: set.windowCount, needed: 2)
    }
    let session = try EvaluationSession(base: base, rows: heldOut.rows, threads: threads)
    let windows = heldOut.sets.reduce(0) { $0 + $1.windowCount }
    let counter = ProgressCounter(
      total: (GuardedStep.steps.count + 1) * windows, handler: progress)
    try session.loadBase()
    let before = try session.losses(heldOut.sets) {
      counter.advance("evaluating the base", by: $0)
    }
    for (set, profile) in zip(heldOut.sets, before) where !profile.loss.isFinite {
      throw FederationError.baseLossNotFinite(folder: baseFolder, dataset: set.name)
    }
    return try GuardedStep.steps.map { step in
      let kept = try session.load(candidates, plan: plan, step: step, types: types)
      let after = try session.losses(heldOut.sets) {
        counter.advance("trying step \(step)", by: $0)
      }
      return GuardedStep.Trial(
        step: step, gain: .measured(base: before, candidate: after, sets: heldOut.sets),
        changesKept: kept)
    }
  }

  private func chosenStep(_ trials: [GuardedStep.Trial]) throws -> Double {
    guard heldOut != nil else { return 1 }
    if let choice = GuardedStep.choice(trials, rules: guardRules) { return choice.step }
    let figures = trials.map { trial in
      let worst = trial.gain.domains.map(\.delta).min() ?? 0
      let kept = trial.changesKept.map {
        ", \((100 * $0).shortText) % of the changes survive the rounding"
      }
      return "\(trial.step): mean \(trial.gain.delta.shortText), worst \(worst.shortText)"
        + (kept ?? "")
    }
    throw FederationError.noImprovement(
      reason: "no step gains more than the noise without harm; gains in nats per token, by step: "
        + figures.joined(separator: "; "))
  }
}

extension WeightSource {
  /// Streams the tensors into a safetensors file, each in its type of `types`, and returns the file's
  /// SHA-256.
  func write(to path: String, types: [TensorType], pool: WorkerPool) throws -> ContentDigest {
    let base = base
    let scratch = (0..<pool.count).map { _ in ScratchBuffers() }
    return try SafetensorsWriter.write(
      to: path, tensors: zip(base.tensors, types).map { ($0.name, $0.shape, $1) },
      metadata: ["format": "pt"], pool: pool
    ) { name, range, out, worker in
      guard let index = base.index(of: name) else { return }
      try read(window: Chunk(tensor: index, range: range), scratch: scratch[worker], into: out)
    }
  }
}
