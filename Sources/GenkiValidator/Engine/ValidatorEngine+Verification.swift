import Foundation
import GenkiCore
import GenkiFederation
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiStore

/// Is an announced base what the round's models make? Every validator looks.
extension ValidatorEngine {
  /// Scores may differ by this between kinds of processor, relative to 1.
  static let scoreTolerance = 1e-4

  /// Verifies the newest known base that no one has verified yet.
  func verifyBases() throws -> Bool {
    let known = try context.store.read { transaction in
      try transaction.knownRounds(limit: 2).filter {
        try transaction.verification(round: $0.round) == nil
      }
    }
    var progressed = false
    for round in known {
      guard let made = round.document.made else { continue }
      if try verify(round, made: made) { progressed = true }
    }
    return progressed
  }

  /// The file from which a base can be made again; nil while it is on its way.
  private func aggregation(
    of known: KnownRound, made: RoundDocument.Made
  ) throws -> AggregationFile? {
    if made.damaSha256 == nil { return .notNeeded }
    if let found = aggregations[known.round] { return found }
    let (hub, announced) = (context.hub, known.announced)
    let path = "\(context.workFolder)/aggregation-r\(known.round).json"
    let plan = TransferPlan(
      label: TransferLabel(
        .down, announced.repository, ["round": JSONValue(Int(clamping: known.round))]),
      secondsMaximum: Double(configuration.hub.fetchSecondsMaximum))
    _ = try effects.transfer("fetch_aggregation", Self.subject(known.round), plan) {
      try AggregationFile.fetch(announced, made: made, hub: hub, to: path, transfer: $0)
    } record: { _, found in
      aggregations[known.round] = found
    }
    return aggregations[known.round]
  }

  private func verify(_ known: KnownRound, made: RoundDocument.Made) throws -> Bool {
    guard let ours = try context.store.read({ try $0.scores(round: made.round) }),
      let round = try context.store.read({ try $0.round(made.round) }),
      let aggregation = try aggregation(of: known, made: made)
    else { return false }
    let check = BaseCheck(
      known: known, made: made, ours: ours, previous: round.folder,
      merge: try merge(of: round, scores: ours), aggregation: aggregation, threads: threads)
    let result = try effects.perform("verify_base", Self.subject(known.round)) {
      () -> BaseVerification? in
      try work.outcome(of: "verify r\(known.round)") { _ in
        try check.verification(tolerance: Self.scoreTolerance)
      }?.get()
    } record: { transaction, verification in
      try transaction.save(verification)
    }
    guard case .done = result else { return false }
    aggregations[known.round] = nil
    let verification = try context.store.read { try $0.verification(round: known.round) }
    context.observer.report(
      NodeEvent(
        "round.verified", verification?.isVerified == true ? .notice : .error,
        verification?.isVerified == true
          ? "the base of round \(known.round) is verified: the same bytes"
          : "the base of round \(known.round) is not what the models make: "
            + (verification?.differences.joined(separator: "; ") ?? ""),
        ["round": JSONValue(Int(clamping: known.round))]))
    return true
  }
}

/// The manifest of an aggregation, which lies beside the base that it made.
enum AggregationFile: Sendable {
  /// The base stayed.
  case notNeeded
  /// The repository has not the one that its manifest names.
  case wrong(reason: String)
  /// It is here.
  case here(path: String)

  static func fetch(
    _ announced: AnnouncedRound, made: RoundDocument.Made, hub: any Hub, to path: String,
    transfer: HubTransfer
  ) throws -> AggregationFile {
    do {
      let listing = try hub.list(announced.repository, revision: announced.revision)
      guard let entry = listing.first(where: { $0.name == RoundDocument.aggregationFileName })
      else { return .wrong(reason: "the repository has no \(RoundDocument.aggregationFileName)") }
      try hub.download(
        entry, of: announced.repository, revision: announced.revision, to: path,
        bytesMaximum: RoundDocument.bytesMaximum, transfer: transfer)
      guard try SHA256Hasher.digest(ofFile: path) == made.aggregationSha256 else {
        return .wrong(reason: "\(entry.name) is not the one of the manifest")
      }
      return .here(path: path)
    } catch let error as HubError where !error.isTransient {
      return .wrong(reason: "\(error.what): \(error.why)")
    }
  }
}

/// The comparison of an announced base with what we have found ourselves.
struct BaseCheck: Sendable {
  let known: KnownRound
  let made: RoundDocument.Made
  let ours: RoundScores
  /// The folder of the base before.
  let previous: String
  let merge: RoundMerge
  let aggregation: AggregationFile
  let threads: Int

  func verification(tolerance: Double) throws -> BaseVerification {
    let (differences, largest) = compareOutcomes(tolerance)
    var result = BaseVerification(
      round: known.round, isVerified: false, differences: differences, recomputed: nil,
      scoreDifferenceMaximum: largest)
    if made.damaSha256 == nil {
      if known.base != made.base.contentHash {
        result.differences.append("the manifest says that the base stayed, but it is another one")
      }
    } else {
      try checked(&result) { try recompute(&$0) }
    }
    try checked(&result) { $0.differences += try compareHandedOn() }
    result.differences += compareSeen()
    result.isVerified = result.differences.isEmpty
    return result
  }

  /// A file of the announced base that cannot be read as what it should be is a difference, too.
  private func checked(
    _ result: inout BaseVerification, _ body: (inout BaseVerification) throws -> Void
  ) throws {
    do {
      try body(&result)
    } catch let error as any ReportableError where error.kind == .invalidData {
      result.differences.append("\(error.what): \(error.why)")
    }
  }

  /// What later rounds know models by must be what we have found, under rules that know them by values.
  private func compareSeen() -> [String] {
    guard !merge.evaluation.rules.areFirst else { return [] }
    let due = RoundDocument.seen(
      after: made.round, before: merge.evaluation.seen, outcomes: ours.outcomes)
    return known.document.seen == due
      ? [] : ["the manifest's list of earlier models is not that of the rounds before"]
  }

  /// Candidates, verdicts and scores must be those that we have found.
  private func compareOutcomes(_ tolerance: Double) -> (differences: [String], largest: Double) {
    var differences: [String] = []
    var largest = 0.0
    if made.candidates.map(\.hotkey) != ours.outcomes.map(\.hotkey) {
      differences.append("the manifest's candidates are not those of the chain, in their order")
    }
    for (theirs, own) in zip(made.candidates, ours.outcomes) where theirs.hotkey == own.hotkey {
      if theirs.verdict != own.verdict {
        differences.append(
          "\(own.hotkey) is \(theirs.verdict.rawValue) in the manifest, \(own.verdict.rawValue) here"
        )
      }
      if theirs.contentHash != own.contentHash {
        differences.append("\(own.hotkey) has another content hash in the manifest")
      }
      if theirs.valueHash != own.valueHash {
        differences.append("\(own.hotkey) has another hash of its values in the manifest")
      }
      let difference = max(
        abs(theirs.score - own.score), abs(theirs.dataSimilarity - own.dataSimilarity))
      largest = max(largest, difference)
      if !(difference <= tolerance) {
        differences.append(
          "\(own.hotkey) has score \(theirs.score) in the manifest, \(own.score) here")
      }
    }
    return (differences, largest)
  }

  /// What the announced base has beside its weights must be what the base before hands on: nobody may
  /// change a configuration, a tokenizer, a template or what ends a text between two rounds.
  private func compareHandedOn() throws -> [String] {
    // A round under the rules of before handed on less, and nothing that is named here.
    guard let rule = merge.evaluation.rules.damaDtype else { return [] }
    let before = try BaseModel.open(folder: previous)
    return try BaseHandOver(
      before: before, damaType: made.damaSha256 == nil ? nil : DamaType.named(rule)
    ).differences(of: known.folder)
  }

  /// Makes the base again from the manifest's weights and the models that we have fetched ourselves.
  private func recompute(_ result: inout BaseVerification) throws {
    let path: String
    switch aggregation {
    case .notNeeded: return
    case .wrong(let reason):
      result.differences.append(reason)
      return
    case .here(let file): path = file
    }
    let report: RoundVerification.Report
    do {
      let verification = try RoundVerification(manifestPath: path, threads: threads)
      let rules = merge.evaluation.rules
      if let damaType = try rules.damaDtype.map(DamaType.named) {
        result.differences += verification.differences(
          from: damaType, strategy: rules.strategy, normBound: rules.normBound,
          limits: merge.evaluation.limits)
      }
      report = try verification.report(base: previous, models: merge.models.map(\.folder))
    } catch let error as FederationError {
      result.differences.append("\(error)")
      return
    }
    result.differences += report.differences
    result.recomputed = report.recomputed
    if report.recomputed != made.damaSha256 {
      result.differences.append("the recomputed base has another SHA-256 than the manifest says")
    }
    if known.weightsSha256 != made.damaSha256 {
      result.differences.append("the announced weights have another SHA-256 than the manifest says")
    }
  }
}
