import Foundation
import GenkiChain
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiFormats
import GenkiRound

/// The evaluation of one round: a pure function of base, candidates, rules, seed and validation set.
struct RoundEvaluation: Sendable {
  /// The base's folder.
  let base: String
  /// The round's rules.
  let rules: RoundRules
  /// Its number.
  let round: UInt64
  /// Chooses the windows.
  let seed: UInt64
  /// All candidates in commit order.
  let candidates: [RoundCandidate]
  /// Models of earlier rounds that nobody else may submit.
  let seen: [RoundDocument.Seen]
  /// This validator's held-out files; those that the rules name are taken.
  let validationFiles: [String]
  /// Worker threads.
  let threads: Int

  /// Gates, Δloss, similarity and score of every candidate.
  func scores(progress: @escaping ProgressHandler) throws -> RoundScores {
    let started = Date()
    let session = try session()
    let heldOut = try heldOut(session)
    let evaluated = candidates.filter { $0.state == .fetched && earlierFileOwner(of: $0) == nil }
    let entries = evaluated.map { candidate in
      ScoreRun.Entry(
        name: candidate.hotkey.description, folder: candidate.folder ?? "",
        order: OrderKey(
          block: candidate.block, extrinsicIndex: candidate.extrinsicIndex,
          hotkey: candidate.hotkey.publicKey))
    }
    let report = try ScoreRun(
      session: session, rules: ScoringRules(stepSize: rules.stepSize), limits: limits,
      identity: rules.areFirst ? .files : .values
    ).report(
      entries,
      earlierOwner: { index, values in
        owner(of: values, but: evaluated[index].hotkey).map(Self.words)
      }, sets: heldOut.sets, probe: heldOut.probe, progress: progress)
    return RoundScores(
      round: round, outcomes: outcomes(report, evaluated: evaluated),
      baseLosses: zip(heldOut.sets, report.baseLosses).map {
        RoundDocument.SetLoss(name: $0.name, loss: $1)
      }, similarity: similarity(report, evaluated: evaluated),
      seconds: Date().timeIntervalSince(started))
  }

  /// The bounds of the gates.
  var limits: CandidateLimits {
    CandidateLimits(
      changeRatio: rules.changeRatioMaximum, matrixChangeRatio: rules.matrixChangeRatioMaximum,
      rank: rules.rankMaximum, types: rules.areFirst ? .ofBase : .ofBaseOrWider)
  }

  func session() throws -> EvaluationSession {
    try EvaluationSession(
      base: BaseModel.open(folder: base, refusesOtherHead: !rules.areFirst),
      rows: rules.evaluationRows, threads: threads)
  }

  // MARK: Held-out text

  /// The windows of an evaluation, and what a manifest says of their files.
  struct HeldOut: Sendable {
    var sets: [EvaluationSet]
    var probe: [EvaluationSet]
    var records: [RoundManifest.DataFile]
  }

  /// Reads the files that the rules name; each must be here.
  func heldOut(_ session: EvaluationSession) throws -> HeldOut {
    let paths = try validationPaths()
    let dataRules = DatasetOptions.Rules(damaDtype: rules.damaDtype)
    let tokenizer = try Tokenizer.load(
      path: base, declared: dataRules.tokenizerDeclarations)
    var options = try DatasetOptions(
      blockSize: min(rules.blockSize, session.configuration.maxPositions), modelFolder: base,
      tokenizer: tokenizer, vocabularySize: session.configuration.vocabularySize,
      chat: ChatChoice(
        date: rules.date.flatMap { CalendarDate($0) } ?? ChatChoice.unaskedDate),
      rules: dataRules)
    var result = HeldOut(sets: [], probe: [], records: [])
    for (place, file) in rules.validationSet.enumerated() {
      if options.rules != .first { options.format = .named(file.name) }
      let dataset = try TextDataset.load(
        path: paths[place], tokenizer: tokenizer, options: options)
      let windows = chosen(dataset, rules.windowsMaximum, "evaluation/\(place)")
      let named = EvaluationSet(dataset: dataset, windows: windows)
      result.sets.append(named)
      result.probe.append(
        EvaluationSet(
          dataset: dataset, windows: chosen(dataset, rules.probeWindows, "probe/\(place)")))
      result.records.append(
        RoundManifest.DataFile(
          path: file.name, digest: file.sha256, windows: windows.count,
          blockSize: dataset.blockSize))
    }
    return result
  }

  private func chosen(_ dataset: TextDataset, _ maximum: Int?, _ domain: String) -> [Int] {
    EvaluationSet.chosenWindows(
      count: dataset.windowCount, maximum: maximum, seed: seed, domain: domain)
  }

  /// Where the files of the rules are on this machine, found by their content.
  private func validationPaths() throws -> [String] {
    var byDigest: [ContentDigest: String] = [:]
    for path in validationFiles { byDigest[try SHA256Hasher.digest(ofFile: path)] = path }
    return try rules.validationSet.map { file in
      guard let path = byDigest[file.sha256] else {
        throw RoundError.validationSetDiffers(
          name: file.name, reason: "no file of evaluation.data has SHA-256 \(file.sha256)")
      }
      return path
    }
  }

  // MARK: Results

  /// Gate 10: whose model of an earlier round has these files.
  private func earlierFileOwner(of candidate: RoundCandidate) -> RoundDocument.Seen? {
    seen.first { $0.contentHash == candidate.contentHash && $0.hotkey != candidate.hotkey }
  }

  /// Gate 10: whose model of an earlier round has these values.
  private func owner(of values: ContentDigest, but hotkey: SS58Address) -> RoundDocument.Seen? {
    seen.first { $0.valueHash == values && $0.hotkey != hotkey }
  }

  private static func words(_ owner: RoundDocument.Seen) -> String {
    "the model of \(owner.hotkey) in round \(owner.round)"
  }

  private func outcomes(
    _ report: ScoreRun.Report, evaluated: [RoundCandidate]
  ) -> [Outcome] {
    let places = Dictionary(
      evaluated.enumerated().map { ($0.element.hotkey, $0.offset) }
    ) { first, _ in first }
    let scores = Dictionary(report.scores.map { ($0.index, $0) }) { first, _ in first }
    return candidates.map { candidate in
      var outcome = settled(candidate)
      guard let place = places[candidate.hotkey], let score = scores[place] else { return outcome }
      outcome.verdict = score.isAccepted ? .accepted : .rejected
      outcome.gate = score.rejection?.gate
      outcome.code = score.rejection?.code ?? score.remark?.rawValue
      outcome.reason = score.reason.map {
        RoundCandidate.publicReason($0, folder: candidate.folder)
      }
      outcome.deltaLoss = finite(score.measuredGain)
      outcome.standardError = finite(score.standardError)
      outcome.dataSimilarity = score.similarity
      outcome.nearest = score.nearest.map { evaluated[$0].hotkey }
      outcome.valueHash = report.valueDigests[place]
      if let owner = outcome.valueHash.flatMap({ owner(of: $0, but: candidate.hotkey) }) {
        outcome.dataSimilarity = 1
        outcome.nearest = owner.hotkey
      }
      outcome.score = score.score
      outcome.weight = report.weights?[place] ?? 0
      outcome.sets = (report.gains[place]?.domains ?? []).compactMap { domain in
        finite(domain.delta).map { RoundDocument.SetLoss(name: domain.name, loss: $0) }
      }
      return outcome
    }
  }

  /// What is known of a candidate without evaluating it.
  private func settled(_ candidate: RoundCandidate) -> Outcome {
    var outcome = Outcome(
      hotkey: candidate.hotkey, block: candidate.block, extrinsicIndex: candidate.extrinsicIndex,
      repository: candidate.repository, revision: candidate.revision,
      verdict: candidate.state == .unavailable ? .unavailable : .rejected, gate: candidate.gate,
      code: candidate.code, reason: candidate.reason)
    outcome.contentHash = candidate.contentHash
    if candidate.state == .fetched, let owner = earlierFileOwner(of: candidate) {
      outcome.gate = 10
      outcome.code = "duplicate"
      outcome.reason = "same content as \(Self.words(owner))"
      outcome.dataSimilarity = 1
      outcome.nearest = owner.hotkey
    }
    return outcome
  }

  private func similarity(
    _ report: ScoreRun.Report, evaluated: [RoundCandidate]
  ) -> [[Double]] {
    let places = Dictionary(
      evaluated.enumerated().map { ($0.element.hotkey, $0.offset) }
    ) { first, _ in first }
    return candidates.map { row in
      guard let rowPlace = places[row.hotkey] else { return [] }
      return candidates.map { column in
        guard let place = places[column.hotkey] else { return 0 }
        let value = report.similarity[rowPlace, place]
        return value.isFinite ? value : 1
      }
    }
  }

  private func finite(_ value: Double?) -> Double? {
    value.flatMap { $0.isFinite ? $0 : nil }
  }
}
