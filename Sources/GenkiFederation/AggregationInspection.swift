import GenkiTensor

/// What the gates say of the models of an aggregation, and the weights of those that pass.
struct AggregationInspection {
  private let models: [AggregationJob.Model]
  private let outcomes: [Result<(candidate: Candidate, norm: Double), Rejection>]
  private let weights: [UInt16]

  /// Opens and measures every model; throws where none is left that weighs something.
  init(models: [AggregationJob.Model], gates: CandidateGates, pool: WorkerPool) throws {
    var outcomes: [Result<(candidate: Candidate, norm: Double), Rejection>] = []
    let opened = try Candidate.open(
      models.map { ($0.name, $0.folder) }, base: gates.base, limits: gates.limits, pool: pool)
    for candidate in opened {
      outcomes.append(Self.inspect(candidate, after: outcomes, gates: gates, pool: pool))
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

  private static func inspect(
    _ opened: Result<Candidate, Rejection>,
    after earlier: [Result<(candidate: Candidate, norm: Double), Rejection>],
    gates: CandidateGates, pool: WorkerPool
  ) -> Result<(candidate: Candidate, norm: Double), Rejection> {
    opened.flatMap { candidate in
      for case .success(let other) in earlier
      where other.candidate.contentDigest == candidate.contentDigest {
        return .failure(.duplicate(of: other.candidate.name))
      }
      return gates.inspect(candidate, pool: pool).map { (candidate, $0.norm) }
    }
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
