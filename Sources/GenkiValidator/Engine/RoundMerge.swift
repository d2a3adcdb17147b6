import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import GenkiRound

/// The aggregation of a round: a pure function of base, accepted models, scores, rules and seed.
struct RoundMerge: Sendable {
  /// What the scores were measured on.
  let evaluation: RoundEvaluation
  /// The content hash of the base.
  let base: ContentDigest
  /// What the manifest calls the base.
  let baseName: String
  /// Models with a score above zero, in commit order.
  let models: [AggregationJob.Model]
  /// The folder of the new base.
  let out: String

  /// The new base; the old one where no step helps.
  func nextBase(progress: @escaping ProgressHandler) throws -> ValidatorRound.NextBase {
    guard !models.isEmpty else { return stays("no model has a score above zero") }
    try removeRemains()
    let session = try evaluation.session()
    let heldOut = try evaluation.heldOut(session)
    var job = AggregationJob(
      baseFolder: evaluation.base, models: models,
      strategy: try AggregationStrategy.named(evaluation.rules.strategy),
      heldOut: AggregationJob.HeldOut(
        sets: heldOut.sets, records: heldOut.records, seed: evaluation.seed,
        rows: evaluation.rules.evaluationRows), threads: evaluation.threads)
    job.baseName = baseName
    job.damaType = try evaluation.rules.damaDtype.map(DamaType.named)
    job.limits = evaluation.limits
    job.normBound = evaluation.rules.normBound
    do {
      let manifest = try job.run(out: out, progress: progress)
      return ValidatorRound.NextBase(
        folder: out, contentHash: manifest.dama.contentDigest, damaSha256: manifest.dama.digest,
        step: manifest.step, note: nil)
    } catch let error as FederationError {
      switch error {
      case .noImprovement(let reason), .nothingToAggregate(let reason): return stays(reason)
      default: throw error
      }
    }
  }

  /// What rounding to the base's types has taken of the step, where it has taken anything.
  func roundingRemark(of next: ValidatorRound.NextBase) throws -> String? {
    guard next.damaSha256 != nil else { return nil }
    let record = try RoundManifest.load(path: next.folder + "/" + RoundManifest.fileName)
    return record.roundingRemark.map {
      "the new base of round \(evaluation.round): \($0); aggregation.dtype = \"float32\" keeps all of them"
    }
  }

  private func stays(_ note: String) -> ValidatorRound.NextBase {
    ValidatorRound.NextBase(
      folder: evaluation.base, contentHash: base, damaSha256: nil, step: nil, note: note)
  }

  /// What a killed process has left: the work is done again from its begin.
  private func removeRemains() throws {
    let folder = URL(filePath: out).deletingLastPathComponent()
    let name = URL(filePath: out).lastPathComponent
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for entry in found where entry == name || entry.hasPrefix(name + ".") {
      try FileManager.default.removeItem(at: folder.appending(path: entry))
    }
  }
}
