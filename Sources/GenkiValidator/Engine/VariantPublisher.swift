import Foundation
import GenkiChain
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore

/// `round.publish_bf16`: each Dama rounded to bfloat16, in a repository of its own, after its round was
/// announced. It takes no part in any round, and nothing waits for it.
final class VariantPublisher {
  /// Rounds that are looked at: a Dama whose folder is gone is not rounded any more.
  private static let roundsLooked = 4
  private static let effect = "publish_bf16"

  private let context: NodeContext
  private let effects: EffectRunner
  private let publisher: BasePublisher
  /// What cannot be published; an operator has to look.
  private var refused: [UInt64: Problem] = [:]

  /// For one daemon.
  init(_ context: NodeContext, effects: EffectRunner, publisher: BasePublisher) {
    self.context = context
    self.effects = effects
    self.publisher = publisher
  }

  /// Tries the base of a round again that could not be published.
  func retry(base round: UInt64) { refused[round] = nil }

  /// Publishes the oldest Dama that is due, one at a time.
  func publish(_ problems: inout [Problem]) throws -> ValidatorEngine.Progress {
    problems += refused.sorted { $0.key < $1.key }.map(\.value)
    guard publisher.configuration.round.publishBF16, let due = try nextDue() else {
      return .waiting
    }
    do {
      return try publish(due)
    } catch let error as any ReportableError where !EffectRunner.isTransient(error) {
      refused[due.round] = Problem("publish_bf16_failed", error)
      context.observer.report(
        NodeEvent(
          "variant.failed", .error,
          "the base of round \(due.round) is not published in bfloat16: \(error)"))
      return .done
    }
  }

  /// A Dama that is not rounded yet.
  private struct Due: Sendable {
    /// The round whose base it is.
    var round: UInt64
    var place: RoundDocument.BasePlace
    var folder: String
  }

  private func nextDue() throws -> Due? {
    try context.store.read { transaction in
      for round in try transaction.rounds(limit: Self.roundsLooked).reversed() {
        let number = round.announced.round + 1
        guard round.isCoordinator, round.state == .announced, let next = round.next,
          next.damaSha256 != nil, let revision = round.nextRevision, refused[number] == nil,
          try transaction.meta(Self.key(number)) == nil,
          FileManager.default.fileExists(atPath: next.folder),
          let repository = RepositoryID(
            namespace: context.hub.account,
            name: publisher.configuration.repositoryName(round: number))
        else { continue }
        return Due(
          round: number,
          place: RoundDocument.BasePlace(
            repository: repository, revision: revision, contentHash: next.contentHash),
          folder: next.folder)
      }
      return nil
    }
  }

  private static func key(_ round: UInt64) -> String { "\(effect) \(round)" }

  private func publish(_ due: Due) throws -> ValidatorEngine.Progress {
    if try RoundedModel.isStored(due.folder, as: .BF16) {
      try context.store.write { try $0.setMeta(Self.key(due.round), "stored so already") }
      context.observer.report(
        NodeEvent(
          "variant.skipped", .notice,
          "the base of round \(due.round) is stored in bfloat16 already and is not published again")
      )
      return .done
    }
    let name = publisher.configuration.variantName(round: due.round)
    guard let repository = RepositoryID(namespace: context.hub.account, name: name) else {
      throw ValidatorError.repositoryName(account: context.hub.account, name: name)
    }
    let plan = TransferPlan(
      label: TransferLabel(.up, repository, ["round": JSONValue(Int(clamping: due.round))]))
    let (publisher, effects) = (publisher, effects)
    var published = false
    let result = try effects.transfer(Self.effect, "r\(due.round)", plan) { transfer in
      try publisher.uploadVariant(
        of: due.folder, from: due.place, round: due.round, to: repository, transfer: transfer)
    } record: { transaction, revision in
      try transaction.noteOwnRepository(repository, round: due.round)
      try transaction.setMeta(Self.key(due.round), revision.hex)
      published = true
    }
    if published {
      context.observer.report(
        NodeEvent(
          "variant.published", .notice,
          "the base of round \(due.round) is published in bfloat16 as \(repository)"))
    }
    return ValidatorEngine.progress(result)
  }
}

extension BasePublisher {
  /// Rounds a Dama into our work folder and uploads it, in public.
  func uploadVariant(
    of folder: String, from dama: RoundDocument.BasePlace, round: UInt64,
    to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision {
    let out = "\(context.workFolder)/bf16-r\(round)"
    try RoundedModel.write(of: folder, to: out, type: .BF16)
    let card = VariantCard(
      dama: dama, round: round, repository: repository, netuid: context.chain.netuid, terms: terms)
    var files = try BaseFolder.files(out)
    files.append(HubFile(name: VariantCard.fileName, bytes: card.bytes))
    try context.hub.createRepository(repository, visibility: .public)
    let revision = try context.hub.upload(files, to: repository, transfer: transfer)
    try FileManager.default.removeItem(atPath: out)
    return revision
  }
}
