import Foundation
import GenkiChain
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiFormats
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore

/// The coordinator's part: the next base, its repository, its announcement.
extension ValidatorEngine {
  /// The first round's number.
  static let firstRound: UInt64 = 1

  // MARK: The first round

  /// Announces the first round with the configured base, if nobody has.
  func bootstrap(
    neuron: Neuron?, final: BlockReference, _ problems: inout [Problem]
  ) throws -> Progress {
    guard isCoordinator else { return .waiting }
    if let sent = try announcement(of: Self.firstRound) {
      return try trackAnnouncement(sent, final: final)
    }
    guard let base = configuration.round.base else {
      problems.append(
        Problem(
          "no_base", "no round was announced and there is no first base",
          advice: "set round.base to a model folder, or round.coordinator to another hotkey"))
      return .waiting
    }
    // A commitment of an unregistered hotkey would be refused.
    guard neuron != nil else { return .waiting }
    var announced: AnnouncementCommitment?
    let publisher = publisher
    let published = try effects.transfer(
      "publish_base", Self.subject(Self.firstRound), publishPlan(Self.firstRound)
    ) { transfer in
      let content = try WeightSet.open(folder: base).contentDigest()
      _ = try BaseChat.look(base)
      let document = RoundDocument(
        round: Self.firstRound, baseContentHash: content, rules: try publisher.rules(base: base),
        made: nil, seen: [])
      return try publisher.upload(document, folder: base, aggregation: nil, transfer: transfer)
    } record: { transaction, found in
      try transaction.noteOwnRepository(found.repository, round: Self.firstRound)
      announced = found.announcement
    }
    guard case .done = published, let announced else { return Self.progress(published) }
    return try sign(announced, round: Self.firstRound)
  }

  private var publisher: BasePublisher {
    BasePublisher(context: context, configuration: configuration)
  }

  private func publishPlan(_ round: UInt64) -> TransferPlan {
    let repository = RepositoryID(
      namespace: context.hub.account, name: configuration.repositoryName(round: round))
    return TransferPlan(
      label: repository.map {
        TransferLabel(.up, $0, ["round": JSONValue(Int(clamping: round))])
      })
  }
}

/// Makes and uploads a base's repository, in the background.
struct BasePublisher: Sendable {
  let context: NodeContext
  let configuration: ValidatorConfiguration

  /// The rules that this configuration gives a round.
  func rules(base: String) throws -> RoundRules {
    let (round, evaluation) = (configuration.round, configuration.evaluation)
    let model = try ModelConfiguration.load(path: base)
    guard !evaluation.data.isEmpty else { throw ValidatorError.noValidationSet }
    let limits = CandidateLimits()
    return RoundRules(
      stepSize: configuration.scoring.stepSize, revealBlocks: round.revealBlocks,
      evaluationDelayBlocks: round.evaluationDelayBlocks,
      blockSize: evaluation.blockSize
        ?? min(model.maxPositions, EvaluationOptions.defaultBlockSizeMaximum),
      evaluationRows: evaluation.batch, windowsMaximum: evaluation.windowsMaximum,
      probeWindows: evaluation.probeWindows,
      validationSet: try evaluation.data.map { path in
        try TextDataset.check(path: path)
        return RoundRules.ValidationFile(
          name: URL(filePath: path).lastPathComponent,
          sha256: try SHA256Hasher.digest(ofFile: path))
      }, methods: round.methods,
      submissionBytesMaximum: try round.submissionBytesMaximum
        ?? SubmissionSize.maximum(
          base: BaseModel.open(folder: base), rank: round.rankMaximum, methods: round.methods),
      rankMaximum: round.rankMaximum, changeRatioMaximum: limits.changeRatio,
      matrixChangeRatioMaximum: limits.matrixChangeRatio,
      strategy: configuration.aggregation.strategy,
      normBound: configuration.aggregation.normBound, damaDtype: configuration.aggregation.dtype,
      date: CalendarDate(utcSeconds: context.now())?.description)
  }

}

extension ValidatorEngine {
  // MARK: Aggregation

  /// Merges what helped; the base stays where nothing did.
  func aggregate(_ round: ValidatorRound) throws -> Progress {
    let number = round.announced.round
    guard let scores = try context.store.read({ try $0.scores(round: number) }) else {
      return .waiting
    }
    let merge = try merge(of: round, scores: scores)
    let observer = context.observer
    return Self.progress(
      try effects.perform("aggregate", "r\(number)") { () -> ValidatorRound.NextBase? in
        try work.outcome(of: "aggregate r\(number)") { _ in
          try merge.nextBase { update in
            observer.report(
              NodeEvent(
                "aggregation.progress", .debug, update.phase,
                [
                  "round": JSONValue(Int(clamping: number)), "phase": .string(update.phase),
                  "done": JSONValue(update.done), "total": JSONValue(update.total),
                ]))
          }
        }?.get()
      } record: { transaction, base in
        try apply(.aggregated(base), to: round, transaction)
        if let sentence = try merge.roundingRemark(of: base) {
          observer.report(
            NodeEvent(
              "aggregation.rounded", .notice, sentence,
              ["round": JSONValue(Int(clamping: number))]))
        }
      })
  }

  /// The aggregation of a round's accepted models by their scores.
  func merge(of round: ValidatorRound, scores: RoundScores) throws -> RoundMerge {
    let candidates = try context.store.read { try $0.candidates(round: round.announced.round) }
    let folders = Dictionary(candidates.map { ($0.hotkey, $0.folder) }) { first, _ in first }
    let models = scores.outcomes.compactMap { outcome -> AggregationJob.Model? in
      guard outcome.verdict == .accepted, outcome.score > 0, let folder = folders[outcome.hotkey]
      else { return nil }
      return AggregationJob.Model(
        folder: folder ?? "", name: outcome.hotkey.description, score: outcome.score)
    }
    return RoundMerge(
      evaluation: try evaluation(of: round), base: round.base,
      baseName: "\(round.announced.repository)@\(round.announced.revision)", models: models,
      out: "\(context.workFolder)/dama-\(round.announced.round)")
  }

  // MARK: Publication

  /// Uploads the new base with its manifest, in public.
  func publish(_ round: ValidatorRound) throws -> Progress {
    let number = round.announced.round
    // The operator's last round: its Dama stays in our folder, and nobody is told of another round.
    if let last = configuration.round.lastRound, number >= last { return .waiting }
    guard let next = round.next,
      let scores = try context.store.read({ try $0.scores(round: number) }),
      let known = try context.store.read({ try $0.knownRound(number) })
    else { return .waiting }
    let publisher = publisher
    let result = try effects.transfer(
      "publish_base", Self.subject(number + 1), publishPlan(number + 1)
    ) { transfer in
      try publisher.upload(
        try publisher.document(after: round, known: known, next: next, scores: scores),
        folder: next.folder,
        aggregation: next.damaSha256 == nil ? nil : next.folder + "/" + RoundManifest.fileName,
        transfer: transfer)
    } record: { transaction, found in
      try transaction.noteOwnRepository(found.repository, round: number + 1)
      try transaction.setMeta(
        "announcement \(number + 1)", AnnouncedRound.text(found.announcement.encoded()))
      try apply(.published(found.revision, manifest: found.manifest), to: round, transaction)
    }
    return Self.progress(result)
  }
}

extension BasePublisher {
  func document(
    after round: ValidatorRound, known: KnownRound, next: ValidatorRound.NextBase,
    scores: RoundScores
  ) throws -> RoundDocument {
    let number = round.announced.round
    let aggregation = next.folder + "/" + RoundManifest.fileName
    return RoundDocument(
      round: number + 1, baseContentHash: next.contentHash, rules: try rules(base: next.folder),
      made: RoundDocument.Made(
        round: number,
        base: RoundDocument.BasePlace(
          repository: round.announced.repository, revision: round.announced.revision,
          contentHash: round.base), closeBlock: round.announced.closesAt,
        probeSeed: round.probeSeed ?? round.base, candidates: scores.outcomes,
        baseLosses: scores.baseLosses, step: next.step, note: next.note,
        damaSha256: next.damaSha256,
        aggregationSha256: next.damaSha256 == nil
          ? nil : try SHA256Hasher.digest(ofFile: aggregation)),
      seen: RoundDocument.seen(
        after: number, before: known.document.seen, outcomes: scores.outcomes))
  }

  /// A base that lies on the hub.
  struct PublishedBase: Sendable {
    let repository: RepositoryID
    let revision: Revision
    /// SHA-256 of its manifest.
    let manifest: ContentDigest
    let announcement: AnnouncementCommitment
  }

  func upload(
    _ document: RoundDocument, folder: String, aggregation: String?, transfer: HubTransfer
  ) throws -> PublishedBase {
    let name = configuration.repositoryName(round: document.round)
    guard let repository = RepositoryID(namespace: context.hub.account, name: name),
      repository.description.utf8.count <= AnnouncementCommitment.repositoryBytesMaximum
    else { throw ValidatorError.repositoryName(account: context.hub.account, name: name) }
    let bytes = try document.encoded()
    let manifest = "\(context.workFolder)/manifest-r\(document.round).json"
    try AtomicFile.write(bytes, to: manifest)
    var files = try BaseFolder.files(folder)
    files.append(HubFile(name: RoundDocument.fileName, path: manifest))
    if let aggregation {
      files.append(HubFile(name: RoundDocument.aggregationFileName, path: aggregation))
    }
    files.append(
      try card(document, manifest: SHA256Hasher.digest(of: bytes), repository, folder: folder))
    try context.hub.createRepository(repository, visibility: .public)
    let revision = try context.hub.upload(files, to: repository, transfer: transfer)
    let digest = SHA256Hasher.digest(of: bytes)
    return PublishedBase(
      repository: repository, revision: revision, manifest: digest,
      announcement: try AnnouncementCommitment(
        round: document.round, lengthBlocks: configuration.round.lengthBlocks,
        revision: revision.bytes,
        manifestPrefix: Array(digest.bytes.prefix(AnnouncementCommitment.manifestPrefixCount)),
        repository: repository.description))
  }
}

extension ValidatorEngine {
  // MARK: Announcement

  /// Puts the next round on the chain.
  func announce(_ round: ValidatorRound, final: BlockReference) throws -> Progress {
    let next = round.announced.round + 1
    if let sent = try announcement(of: next) {
      let progress = try trackAnnouncement(sent, final: final)
      let isFinal = try context.store.read { try $0.extrinsic(sent.hash)?.state == .final }
      guard isFinal else { return progress }
      try change(round, .announced)
      return .done
    }
    guard let text = try context.store.read({ try $0.meta("announcement \(next)") }) else {
      return .waiting
    }
    return try sign(try AnnouncementCommitment(parsing: Array(text.utf8)), round: next)
  }

  /// The announcement of a round that is on its way or has arrived; nil if one is to be signed: none
  /// was, the last one can never be included, or the operator wants a refused one to be tried anew.
  private func announcement(of round: UInt64) throws -> SentExtrinsic? {
    let last = try context.store.read {
      try $0.extrinsics(purpose: .announce, subject: Self.subject(round)).last
    }
    switch last?.state {
    case .expired: return nil
    case .failed: return announcedAnew.contains(round) ? nil : last
    case .signed, .included, .final, nil: return last
    }
  }

  static func subject(_ round: UInt64) -> String { "r\(round)" }

  private func sign(_ announcement: AnnouncementCommitment, round: UInt64) throws -> Progress {
    let call = ChainCall.setCommitment(
      netuid: context.chain.netuid, bytes: announcement.encoded())
    return Self.signed(
      try effects.perform("sign_announce", Self.subject(round)) {
        try courier.sign(call, purpose: .announce, subject: Self.subject(round))
      } record: { transaction, extrinsic in
        try transaction.save(extrinsic)
        announcedAnew.remove(round)
      })
  }

  private func trackAnnouncement(
    _ sent: SentExtrinsic, final: BlockReference
  ) throws -> Progress {
    guard let now = try courier.track(sent.hash, finalBlock: final.number) else { return .waiting }
    if now.state == .failed {
      throw ValidatorError.announcementRefused(reason: now.failure ?? "no reason given")
    }
    return now.state == sent.state ? .waiting : .done
  }
}
