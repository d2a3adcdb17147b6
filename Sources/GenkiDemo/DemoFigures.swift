import GenkiCore
import GenkiReport

/// Everything that a demo's round brought, as values.
package struct DemoFigures {
  /// One candidate and what the validator said of it.
  package struct Candidate {
    package let name: String
    package var hotkey: String
    /// `honest` or `copier`: what the demo knows and the validator does not.
    package let role: String
    package let text: String
    package let method: String
    package var deltaLoss: Double?
    package var standardError: Double?
    package var similarity: Double?
    package var nearest: String?
    package var score = 0.0
    package var isAccepted = false
    package var reason: String?
    /// Its share of the sum of all scores.
    package var weight = 0.0

    /// A candidate before the validator has seen it.
    package init(name: String, hotkey: String, role: String, text: String, method: String) {
      self.name = name
      self.hotkey = hotkey
      self.role = role
      self.text = text
      self.method = method
    }
  }

  package var candidates: [Candidate] = []
  package var similarity: RoundReport.SimilarityTable?
  package var losses: [RoundReport.TextLoss] = []
  package var trainings: [RoundReport.TrainingCurve] = []
  package var samples: [RoundReport.TextSample] = []
  package var phases: [RoundReport.Phase] = []
  package var damaDigest = ""
  package var manifestDigest = ""
  package var strategy = ""
  package var isVerified = false

  /// A round in which nothing has happened yet.
  package init() {}

  /// Sets each candidate's share of the scores; nobody has one if all are zero.
  package mutating func shareWeights() {
    let sum = candidates.reduce(0) { $0 + $1.score }
    for index in candidates.indices {
      candidates[index].weight = sum > 0 ? candidates[index].score / sum : 0
    }
  }

  /// What a round must show; empty if it does.
  package var problems: [String] {
    var problems: [String] = []
    for candidate in candidates {
      if candidate.role == "copier", candidate.score != 0 {
        problems.append("the copier got a score of \(candidate.score)")
      }
      if candidate.role == "honest", candidate.score <= 0 {
        problems.append("\(candidate.name) got no score (\(candidate.reason ?? "no reason"))")
      }
    }
    for loss in losses where loss.isTrainedOn && loss.dama >= loss.base {
      problems.append("the Dama is not better than the base on \(loss.text)")
    }
    if !isVerified { problems.append("the Dama could not be recomputed from its manifest") }
    return problems
  }

  /// The round as the report draws it.
  package var report: RoundReport {
    var report = RoundReport(title: "Genki-Dama: a round on this machine", round: 1)
    report.damaDigest = damaDigest
    report.manifestDigest = manifestDigest
    report.isVerified = isVerified
    report.strategy = strategy
    report.candidates = candidates.map { candidate in
      var row = RoundReport.CandidateRow(
        name: candidate.name, score: candidate.score, weight: candidate.weight,
        isAccepted: candidate.isAccepted)
      row.hotkey = candidate.hotkey
      row.text = candidate.text
      row.method = candidate.method
      row.deltaLoss = candidate.deltaLoss
      row.standardError = candidate.standardError
      row.dataSimilarity = candidate.similarity
      row.nearest = candidate.nearest
      row.reason = candidate.reason
      return row
    }
    report.similarity = similarity
    report.losses = losses
    report.trainings = trainings
    report.samples = samples
    report.phases = phases
    return report
  }

  /// The one document that `--json` ends with; the top-level figures are those of round 1.
  package var json: JSONValue {
    var document = roundJSON
    document["rounds"] = .array([.object(roundJSON)])
    document["seconds"] = .object(seconds)
    return .object(document)
  }

  private var roundJSON: JSONObject {
    [
      "round": 1, "base_loss": losses(\.base), "dama_loss": losses(\.dama),
      "miners": .array(candidates.map(Self.json)), "dama_sha256": .string(damaDigest),
      "manifest_sha256": .string(manifestDigest), "verified": .bool(isVerified),
    ]
  }

  private func losses(_ value: KeyPath<RoundReport.TextLoss, Double>) -> JSONValue {
    .object(
      JSONObject(entries: losses.map { (key: $0.text, value: .number($0[keyPath: value])) }))
  }

  private var seconds: JSONObject {
    var entries = phases.map { (key: $0.name, value: JSONValue.number($0.seconds)) }
    entries.append((key: "total", value: .number(phases.reduce(0) { $0 + $1.seconds })))
    return JSONObject(entries: entries)
  }

  private static func json(_ candidate: Candidate) -> JSONValue {
    .object([
      "name": .string(candidate.name), "hotkey": .string(candidate.hotkey),
      "role": .string(candidate.role), "text": .string(candidate.text),
      "delta_loss": candidate.deltaLoss.map { .number($0) } ?? .null,
      "data_similarity": candidate.similarity.map { .number($0) } ?? .null,
      "standard_error": candidate.standardError.map { .number($0) } ?? .null,
      "nearest": JSONValue(candidate.nearest), "score": .number(candidate.score),
      "weight": .number(candidate.weight),
      "verdict": .string(candidate.isAccepted ? "accepted" : "rejected"),
      "reason": JSONValue(candidate.reason),
    ])
  }
}
