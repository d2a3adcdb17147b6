import GenkiCore
import GenkiTensor

/// One validator's look at a round: gates, similarity, Δloss and scores of models in commit order.
public struct ScoreRun {
  /// A model and its place in the round.
  public struct Entry: Sendable {
    /// What it is called in tables and reasons.
    public var name: String
    /// Where it is.
    public var folder: String
    /// Its place in the round.
    public var order: OrderKey

    /// An entry; see the properties.
    public init(name: String, folder: String, order: OrderKey) {
      self.name = name
      self.folder = folder
      self.order = order
    }
  }

  /// What a run found.
  public struct Report: Sendable {
    /// Verdicts in commit order.
    public var scores: [CandidateScore]
    /// The gain of each entry, in the entries' order; nil where it was not evaluated.
    public var gains: [LossGain?]
    /// The similarity of each pair of entries, 0…1.
    public var similarity: SymmetricMatrix
    /// The base's loss on each data set.
    public var baseLosses: [Double]
    /// The u16 weights in the entries' order; nil when no score is positive.
    public var weights: [UInt16]?
    /// The hash of each entry's values; nil where a gate refused it before, or files are compared.
    public var valueDigests: [ContentDigest?]
  }

  /// By what gate 10 knows equal models.
  public enum Identity: Sendable {
    /// The bytes of their files.
    case files
    /// Their values, in whatever type and order files hold them.
    case values
  }

  /// Says whose model of an earlier round an entry with these values is, in words; nil for nobody's.
  public typealias EarlierOwner = (_ entry: Int, _ values: ContentDigest) -> String?

  let session: EvaluationSession
  let gates: CandidateGates
  let rules: ScoringRules
  let limits: CandidateLimits
  let identity: Identity

  /// A run over the session's base; measures the base once.
  public init(
    session: EvaluationSession, rules: ScoringRules = .init(), limits: CandidateLimits = .init(),
    identity: Identity = .values
  ) throws {
    self.session = session
    self.identity = identity
    self.rules = rules
    self.limits = limits
    gates = try CandidateGates(base: session.base, limits: limits, pool: session.pool)
  }

  /// Scores the entries; their order in the array decides nothing.
  ///
  /// - Parameters:
  ///   - earlierOwner: asked for each entry that passes the gates before it.
  ///   - sets: where the loss is measured, each at least two windows.
  ///   - probe: where the models' predictions are compared.
  public func report(
    _ entries: [Entry], earlierOwner: EarlierOwner = { _, _ in nil }, sets: [EvaluationSet],
    probe: [EvaluationSet],
    progress: @escaping ProgressHandler = { _ in }
  ) throws -> Report {
    try MappedFiles.checked(session.base.files) {
      try checkedReport(
        entries, sets: sets, probe: probe, earlierOwner: earlierOwner, progress: progress)
    }
  }

  private func checkedReport(
    _ entries: [Entry], sets: [EvaluationSet], probe: [EvaluationSet],
    earlierOwner: EarlierOwner, progress: @escaping ProgressHandler
  ) throws -> Report {
    for set in sets where set.windowCount < 2 {
      throw FederationError.tooFewWindows(
        dataset: set.name, windows: set.windowCount, needed: 2)
    }
    let counter = ProgressCounter(
      total: (entries.count + 1) * (windows(sets) + windows(probe)), handler: progress)
    var (inspected, passed) = try inspect(entries)
    let values = try valueDigests(passed)
    try identify(&inspected, &passed, values: values, earlierOwner: earlierOwner)
    let usable = withoutCopies(passed, of: inspected)
    let baseProfiles = try baseLosses(sets, counter: counter)
    for index in entries.indices {
      guard let candidate = usable[index] else { continue }
      inspected[index].gain = try gain(of: candidate, over: baseProfiles, sets, counter: counter)
    }
    let similarity = try compare(&inspected, usable, probe: probe, counter: counter)
    let input = ScoringInput(
      rules: rules, candidates: inspected, functional: similarity.functional,
      ancestry: similarity.ancestry)
    let scores = Scoring.scores(input)
    return Report(
      scores: scores, gains: inspected.map(\.gain), similarity: input.similarityMatrix,
      baseLosses: baseProfiles.map(\.loss), weights: weights(scores, count: entries.count),
      valueDigests: values)
  }

  /// Similarity alone: every model must pass the gates; the base itself is similar to nothing.
  public func similarity(
    _ entries: [Entry], probe: [EvaluationSet], progress: @escaping ProgressHandler = { _ in }
  ) throws -> SymmetricMatrix {
    try MappedFiles.checked(session.base.files) {
      try checkedSimilarity(entries, probe: probe, progress: progress)
    }
  }

  private func checkedSimilarity(
    _ entries: [Entry], probe: [EvaluationSet], progress: @escaping ProgressHandler
  ) throws -> SymmetricMatrix {
    let counter = ProgressCounter(total: (entries.count + 1) * windows(probe), handler: progress)
    var (inspected, passed) = try inspect(entries)
    for (entry, candidate) in zip(entries, inspected) {
      if let rejection = candidate.rejection, rejection != .unchanged {
        throw FederationError.candidateRefused(folder: entry.folder, reason: rejection)
      }
    }
    let found = try compare(&inspected, passed, probe: probe, counter: counter)
    return ScoringInput(
      rules: rules, candidates: inspected, functional: found.functional, ancestry: found.ancestry
    ).similarityMatrix
  }

  /// Gates 6 to 9, entry by entry; `passed` is nil for what they refuse.
  private func inspect(
    _ entries: [Entry]
  ) throws -> (candidates: [ScoringCandidate], passed: [Candidate?]) {
    var candidates = entries.map {
      ScoringCandidate(name: $0.name, order: $0.order, contentDigest: nil)
    }
    var passed: [Candidate?] = entries.map { _ in nil }
    let opened = try Candidate.open(
      entries.map { ($0.name, $0.folder) }, base: session.base, limits: limits,
      pool: session.pool)
    for (index, result) in opened.candidates.enumerated() {
      if case .success(let candidate) = result {
        candidates[index].contentDigest = candidate.contentDigest
      }
    }
    for (index, outcome) in gates.inspect(opened.candidates, pool: session.pool).enumerated() {
      switch outcome {
      case .failure(let rejection): candidates[index].rejection = rejection
      case .success(let found): passed[index] = found.candidate
      }
    }
    return (candidates, passed)
  }

  /// The hash of each model's values; nil where files are compared.
  private func valueDigests(_ passed: [Candidate?]) throws -> [ContentDigest?] {
    guard identity == .values else { return passed.map { _ in nil } }
    return try passed.map { candidate in
      try candidate.map { candidate in
        try MappedFiles.checked(candidate.files) {
          try candidate.valueDigest(base: session.base, pool: session.pool)
        }
      }
    }
  }

  /// Gives every model the hashes by which it is known; what somebody submitted in an earlier round is
  /// refused.
  private func identify(
    _ inspected: inout [ScoringCandidate], _ passed: inout [Candidate?],
    values: [ContentDigest?], earlierOwner: EarlierOwner
  ) throws {
    guard identity == .values else { return }
    let own = try Candidate.digest(ofBase: session.base, pool: session.pool)
    for (index, digest) in values.enumerated() {
      guard let digest, let candidate = passed[index] else { continue }
      inspected[index].contentDigest = digest
      inspected[index].roundedDigest = try MappedFiles.checked(candidate.files) {
        try candidate.roundedDigest(base: session.base, own: own, pool: session.pool)
      }
      guard let owner = earlierOwner(index, digest) else { continue }
      inspected[index].rejection = .duplicate(of: owner)
      passed[index] = nil
    }
  }

  /// What is worth evaluating: later copies of equal content get nothing whatever they do.
  private func withoutCopies(
    _ passed: [Candidate?], of candidates: [ScoringCandidate]
  ) -> [Candidate?] {
    var seen: [ScoringCandidate] = []
    var usable = passed
    for index in Scoring.commitOrder(candidates) where passed[index] != nil {
      if seen.contains(where: candidates[index].isSame) { usable[index] = nil }
      seen.append(candidates[index])
    }
    return usable
  }

  private func baseLosses(
    _ sets: [EvaluationSet], counter: ProgressCounter
  ) throws -> [LossProfile] {
    try session.loadBase()
    let profiles = try session.losses(sets) { counter.advance("evaluating the base", by: $0) }
    for (set, profile) in zip(sets, profiles) where !profile.loss.isFinite {
      throw FederationError.baseLossNotFinite(folder: session.base.folder, dataset: set.name)
    }
    return profiles
  }

  private func gain(
    of candidate: Candidate, over base: [LossProfile], _ sets: [EvaluationSet],
    counter: ProgressCounter
  ) throws -> LossGain {
    try session.load(candidate, step: rules.stepSize)
    let profiles = try session.losses(sets) {
      counter.advance("evaluating \(candidate.name)", by: $0)
    }
    return LossGain.measured(base: base, candidate: profiles, sets: sets)
  }

  /// Measures both similarities, and refuses what predicts as the base does or not finitely.
  private func compare(
    _ inspected: inout [ScoringCandidate], _ usable: [Candidate?], probe: [EvaluationSet],
    counter: ProgressCounter
  ) throws -> (functional: SymmetricMatrix, ancestry: SymmetricMatrix) {
    let functional = try FunctionalSimilarity.measured(usable, probe: probe, session: session) {
      counter.advance($0, by: $1)
    }
    for index in usable.indices where usable[index] != nil && inspected[index].rejection == nil {
      if functional.nonFinite.contains(index) {
        inspected[index].rejection = .nonFiniteLoss(dataset: "the probe")
      } else if functional.isUnchanged(index) {
        inspected[index].rejection = .unchanged
      }
    }
    let ancestry = try WeightAncestry.matrix(of: usable, base: session.base, pool: session.pool)
    return (functional.matrix, ancestry)
  }

  private func weights(_ scores: [CandidateScore], count: Int) -> [UInt16]? {
    var byEntry = [Double](repeating: 0, count: count)
    for score in scores { byEntry[score.index] = score.score }
    return WeightVector.quantized(byEntry)
  }

  private func windows(_ sets: [EvaluationSet]) -> Int {
    sets.reduce(0) { $0 + $1.windowCount }
  }
}

extension LossGain {
  /// The gain of a candidate on sets of equal weight.
  static func measured(
    base: [LossProfile], candidate: [LossProfile], sets: [EvaluationSet]
  ) -> LossGain {
    LossGain(
      domains: sets.indices.map { base[$0].gain(of: candidate[$0], name: sets[$0].name) })
  }
}

extension ScoringInput {
  /// The similarity of every pair; 1 on the diagonal.
  var similarityMatrix: SymmetricMatrix {
    var matrix = SymmetricMatrix(count: candidates.count)
    for row in candidates.indices {
      for column in 0...row {
        matrix[row, column] = row == column ? 1 : similarity(row, column)
      }
    }
    return matrix
  }
}
