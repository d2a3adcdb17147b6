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
    } catch  where !EffectRunner.isTransient(error) {
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
          next.damaSha256 != nil, refused[number] == nil,
          try transaction.meta(Self.key(number)) == nil,
          FileManager.default.fileExists(atPath: next.folder),
          // The base as it was announced, whatever the configuration calls the next one.
          let announced = try transaction.knownRound(number)?.announced
        else { continue }
        return Due(
          round: number,
          place: RoundDocument.BasePlace(
            repository: announced.repository, revision: announced.revision,
            contentHash: next.contentHash),
          folder: next.folder)
      }
      return nil
    }
  }

  private static func key(_ round: UInt64) -> String { "\(effect) \(round)" }

  private func publish(_ due: Due) throws -> ValidatorEngine.Progress {
    let name = publisher.configuration.variantName(round: due.round)
    guard let repository = RepositoryID(namespace: context.hub.account, name: name) else {
      throw ValidatorError.repositoryName(account: context.hub.account, name: name)
    }
    let plan = TransferPlan(
      label: TransferLabel(.up, repository, ["round": JSONValue(Int(clamping: due.round))]))
    let (publisher, effects) = (publisher, effects)
    var sentence: String?
    let result = try effects.transfer(Self.effect, "r\(due.round)", plan) { transfer in
      try publisher.uploadVariant(
        of: due.folder, from: due.place, round: due.round, to: repository, transfer: transfer)
    } record: { transaction, revision in
      if revision != nil { try transaction.noteOwnRepository(repository, round: due.round) }
      try transaction.setMeta(Self.key(due.round), revision?.hex ?? "stored so already")
      sentence =
        revision == nil
        ? "is stored in bfloat16 already and is not published again"
        : "is published in bfloat16 as \(repository)"
    }
    if let sentence {
      context.observer.report(
        NodeEvent("variant.settled", .notice, "the base of round \(due.round) \(sentence)"))
    }
    return ValidatorEngine.progress(result)
  }
}

extension BasePublisher {
  /// Rounds a Dama into our work folder and uploads it, in public; nil where it is stored so already.
  func uploadVariant(
    of folder: String, from dama: RoundDocument.BasePlace, round: UInt64,
    to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision? {
    if try RoundedModel.isStored(folder, as: .BF16) { return nil }
    let out = "\(context.workFolder)/bf16-r\(round)"
    // What a killed process has left.
    try? FileManager.default.removeItem(atPath: out)
    try RoundedModel.write(of: folder, to: out, type: .BF16)
    let card = VariantCard(
      dama: dama, round: round, repository: repository, netuid: context.chain.netuid, terms: terms)
    var files = try BaseFolder.files(out)
    files.append(HubFile(name: VariantCard.fileName, bytes: card.bytes))
    try context.hub.createRepository(repository, visibility: .public)
    let revision = try context.hub.upload(files, to: repository, transfer: transfer)
    // If it stays, the retention of old rounds takes it.
    try? FileManager.default.removeItem(atPath: out)
    return revision
  }
}
