import Foundation
import GenkiCore
import GenkiFederation
import GenkiNode
import GenkiRPC
import GenkiReport
import GenkiRound
import GenkiStore

extension ValidatorMethods {
  var reportEndpoint: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "report.get", summary: "A scored round as `genkictl report --html` draws it",
        access: .read, parameters: [Self.roundParameter],
        result: .object([:], additionalProperties: true), errors: [.notFound])
    ) { call in try report(try scores(call)).json }
  }

  private func report(_ scores: RoundScores) throws -> RoundReport {
    let number = scores.round
    let (round, next, verification) = try context.store.read { transaction in
      (
        try transaction.round(number), try transaction.knownRound(number + 1),
        try transaction.verification(round: number + 1)
      )
    }
    var report = RoundReport(title: "Genki-Dama round \(number)", round: Int(clamping: number))
    let total = scores.outcomes.reduce(0.0) { $0 + Double($1.weight) }
    report.candidates = scores.outcomes.map { outcome in
      var row = RoundReport.CandidateRow(
        name: Self.shortName(outcome.hotkey.description), score: outcome.score,
        weight: total > 0 ? Double(outcome.weight) / total : 0,
        isAccepted: outcome.verdict == .accepted)
      row.hotkey = outcome.hotkey.description
      row.deltaLoss = outcome.deltaLoss
      row.standardError = outcome.standardError
      row.dataSimilarity = outcome.dataSimilarity
      row.nearest = outcome.nearest.map { Self.shortName($0.description) }
      row.reason = outcome.reason
      return row
    }
    report.similarity = similarity(scores)
    report.damaDigest = (round?.next?.damaSha256 ?? next?.document.made?.damaSha256)?.hex
    report.manifestDigest = next?.announced.manifestPrefix
    report.isVerified = verification?.isVerified
    report.phases = [RoundReport.Phase(name: "evaluation", seconds: scores.seconds)]
    if let step = round?.next?.step ?? next?.document.made?.step {
      report.strategy = "\(round?.rules.strategy ?? "merge") of the scores, step \(step)"
    }
    report.losses = try losses(scores)
    return report
  }

  /// Only candidates that were evaluated have a row.
  private func similarity(_ scores: RoundScores) -> RoundReport.SimilarityTable? {
    let places = scores.similarity.indices.filter { !scores.similarity[$0].isEmpty }
    guard places.count > 1 else { return nil }
    return RoundReport.SimilarityTable(
      names: places.map { Self.shortName(scores.outcomes[$0].hotkey.description) },
      values: places.map { row in places.map { scores.similarity[row][$0] } })
  }

  /// Base and Dama on the validation set: what the guarded step measured.
  private func losses(_ scores: RoundScores) throws -> [RoundReport.TextLoss] {
    let paths = [
      "\(context.workFolder)/dama-\(scores.round)/\(RoundManifest.fileName)",
      "\(context.workFolder)/aggregation-r\(scores.round + 1).json",
    ]
    guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }),
      let manifest = try? RoundManifest.load(path: path),
      let trial = manifest.trials.first(where: { $0.step == manifest.step })
    else { return [] }
    return zip(scores.baseLosses, trial.gain.domains).map { base, gain in
      RoundReport.TextLoss(
        text: base.name, base: base.loss, dama: base.loss - gain.delta, isTrainedOn: false)
    }
  }

  /// An address as tables show it.
  static func shortName(_ address: String) -> String {
    address.count > 14 ? "\(address.prefix(6))…\(address.suffix(4))" : address
  }
}
