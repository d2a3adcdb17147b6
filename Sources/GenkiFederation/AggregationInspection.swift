import GenkiCore
import GenkiTensor

/// What the gates say of the models of an aggregation, and the weights of those that pass.
struct AggregationInspection {
  private let models: [AggregationJob.Model]
  private let outcomes: [Result<(candidate: Candidate, norm: Double), Rejection>]
  private let weights: [UInt16]
  /// The content hash of the base.
  let baseDigest: ContentDigest

  /// Opens and measures every model; throws where none is left that weighs something.
  ///
  /// - Parameter identity: By what equal models are known, of which the first alone takes part.
  init(
    models: [AggregationJob.Model], gates: CandidateGates, identity: ScoreRun.Identity,
    pool: WorkerPool
  ) throws {
    var outcomes: [Result<(candidate: Candidate, norm: Double), Rejection>] = []
    let opened = try Candidate.open(
      models.map { ($0.name, $0.folder) }, base: gates.base, limits: gates.limits,
      keepsPages: true, pool: pool)
    baseDigest = opened.baseDigest
    var accepted: [ContentDigest: String] = [:]
    var measured: [(candidate: Candidate, norms: ChangeNorms)] = []
    for outcome in gates.inspect(opened.candidates, keepsPages: true, pool: pool) {
      switch outcome {
      case .failure(let rejection): outcomes.append(.failure(rejection))
      case .success(let found):
        let equal = try measured.first {
          try identity == .values
            && found.candidate.hasValues(of: $0.candidate, found.norms == $0.norms, gates, pool)
        }
        if let name = accepted[found.candidate.contentDigest] ?? equal?.candidate.name {
          outcomes.append(.failure(.duplicate(of: name)))
        } else {
          accepted[found.candidate.contentDigest] = found.candidate.name
          measured.append(found)
          outcomes.append(.success((found.candidate, found.norms.norm)))
        }
      }
    }
    let scores = zip(models, outcomes).map { model, outcome in
      if case .success = outcome { model.score } else { 0.0 }
    }
    guard let weights = WeightVector.quantized(scores) else {
      throw FederationError.nothingToAggregate(reason: Self.whyNothing(models, outcomes))
    }
    self.models = models
    self.outcomes = outcomes
    self.weights = weights
  }

  private static func whyNothing(
    _ models: [AggregationJob.Model],
    _ outcomes: [Result<(candidate: Candidate, norm: Double), Rejection>]
  ) -> String {
    var reasons: [String] = []
    for case (let model, .failure(let rejection)) in zip(models, outcomes) {
      reasons.append("\(model.name): \(rejection)")
    }
    return (["no valid model has a weight above zero"] + reasons).joined(separator: "; ")
  }

  /// The models that passed, in commit order.
  var accepted: [Candidate] {
    outcomes.compactMap { if case .success(let value) = $0 { value.candidate } else { nil } }
  }

  /// ‖δ‖ of each accepted model.
  var norms: [Double] {
    outcomes.compactMap { if case .success(let value) = $0 { value.norm } else { nil } }
  }

  /// The u16 weight of each accepted model.
  var acceptedWeights: [UInt16] {
    zip(outcomes, weights).compactMap { if case .success = $0.0 { $0.1 } else { nil } }
  }

  /// What the manifest keeps of every model.
  func records(plan: AggregationPlan) -> [RoundManifest.Input] {
    var planned = plan.inputs.makeIterator()
    return zip(models, outcomes).map { model, outcome in
      switch outcome {
      case .failure(let rejection):
        return RoundManifest.Input(path: model.name, score: model.score, rejection: rejection)
      case .success(let value):
        return RoundManifest.Input(
          path: model.name, score: model.score, candidate: value.candidate,
          part: planned.next())
      }
    }
  }
}

extension Candidate {
  /// Equal values have equal norms, so that values are read only where those are equal.
  func hasValues(
    of other: Candidate, _ normsAreEqual: Bool, _ gates: CandidateGates, _ pool: WorkerPool
  ) throws -> Bool {
    guard normsAreEqual else { return false }
    return try valueDigest(base: gates.base, pool: pool)
      == other.valueDigest(base: gates.base, pool: pool)
  }
}
