import GenkiCore
import GenkiReport

extension RoundFigures {
  /// The round in the demo's document.
  package var json: JSONObject {
    [
      "round": JSONValue(number), "base_loss": losses(\.base), "dama_loss": losses(\.dama),
      "miners": .array(candidates.map { json(of: $0) }), "dama_sha256": .string(damaDigest),
      "dama": JSONValue(damaPlace), "manifest_prefix": JSONValue(manifestDigest),
      "verified": .bool(isVerified),
      "verified_by": .array(
        validators.filter(\.isVerified).map { .string($0.hotkey) }),
      "validators": .array(validators.map { json(of: $0) }),
      "step": step.map { .number($0) } ?? .null, "announced": announced?.json ?? .null,
      "epoch_block": epochBlock.map { JSONValue(Int(clamping: $0)) } ?? .null,
    ]
  }

  private func losses(_ value: KeyPath<RoundReport.TextLoss, Double>) -> JSONValue {
    .object(
      JSONObject(entries: losses.map { (key: $0.text, value: .number($0[keyPath: value])) }))
  }

  private func json(of candidate: Candidate) -> JSONValue {
    .object([
      "name": .string(candidate.name), "hotkey": .string(candidate.hotkey),
      "role": .string(candidate.role), "text": .string(candidate.text),
      "method": .string(candidate.method),
      "delta_loss": candidate.deltaLoss.map { .number($0) } ?? .null,
      "data_similarity": candidate.similarity.map { .number($0) } ?? .null,
      "standard_error": candidate.standardError.map { .number($0) } ?? .null,
      "submission": JSONValue(candidate.place),
      "nearest": JSONValue(candidate.nearest), "score": .number(candidate.score),
      "weight": .number(candidate.weight),
      "incentive": candidate.incentive.map { .number($0) } ?? .null,
      "verdict": .string(candidate.verdict), "reason": JSONValue(candidate.reason),
    ])
  }

  private func json(of validator: Validator) -> JSONValue {
    .object([
      "name": .string(validator.name), "hotkey": .string(validator.hotkey),
      "verified": .bool(validator.isVerified), "dama_sha256": JSONValue(validator.damaDigest),
      "dividends": validator.dividends.map { .number($0) } ?? .null,
      "weights": .object(
        JSONObject(
          entries: validator.weights.sorted { $0.key < $1.key }.map {
            (key: $0.key, value: .number($0.value))
          })),
    ])
  }

  /// The round as the page draws it; what the whole demo brought is added by its caller.
  package var report: RoundReport {
    var report = RoundReport(
      title: "Genki-Dama: round \(number) on this machine", round: number)
    report.damaDigest = damaDigest
    report.manifestDigest = manifestDigest
    report.isVerified = isVerified
    report.strategy = strategy
    report.candidates = candidates.map { candidate in
      var row = RoundReport.CandidateRow(
        name: candidate.name, score: candidate.score, weight: candidate.weight,
        isAccepted: candidate.verdict == "accepted")
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
    return report
  }
}
