import GenkiCore
import GenkiHub
import GenkiRound
import GenkiService
import GenkiStore

/// What becomes of our own repositories when their rounds are old: they stay, are hidden or removed.
///
/// Only what our state says we have filled, in our own namespace, is ever touched, and never what a
/// round that is kept names as its base or as the base before it.
public final class OldRepositories {
  /// Rounds besides those that are kept that may still be under way.
  private static let roundsLooked = 8

  private let context: NodeContext
  private let effects: EffectRunner
  private let setting: HubSection.OldRepositories
  private let keepRounds: Int
  /// What the hub refuses; an operator has to look.
  private var refused: [RepositoryID: Problem] = [:]

  /// For one daemon.
  public init(_ context: NodeContext, effects: EffectRunner, _ section: HubSection) {
    self.context = context
    self.effects = effects
    setting = section.oldRepositories
    keepRounds = section.keepRounds
  }

  /// Brings the oldest repository that is due to its end, one at a time.
  ///
  /// - Parameters:
  ///   - newest: The round in force.
  ///   - keeping: Repositories that are still needed, whatever their round.
  public func retire(
    newest: UInt64, keeping: Set<RepositoryID>, _ problems: inout [Problem]
  ) throws -> Bool {
    problems += refused.sorted { $0.key.description < $1.key.description }.map(\.value)
    guard setting != .keep, let next = try nextDue(newest: newest, keeping: keeping) else {
      return false
    }
    let (hub, setting) = (context.hub, setting)
    do {
      let result = try effects.transfer("retire_repository", "\(setting.rawValue) \(next)", .call) {
        _ in
        try Self.carryOut(setting, hub, next)
      } record: { transaction, _ in
        try transaction.setFate(setting.rawValue, ofOwnRepository: next)
      }
      guard case .done = result else { return false }
    } catch let error as any ReportableError where !EffectRunner.isTransient(error) {
      refused[next] = Problem("old_repository", error)
      context.observer.report(
        NodeEvent("repository.kept", .error, "\(next) of an old round stays as it is: \(error)"))
      return true
    }
    context.observer.report(
      NodeEvent(
        "repository.retired", .notice,
        "\(next) of an old round is \(setting == .delete ? "removed" : "private")",
        ["repository": .string(next.description)]))
    return true
  }

  private func nextDue(newest: UInt64, keeping: Set<RepositoryID>) throws -> RepositoryID? {
    let kept = UInt64(clamping: max(0, keepRounds))
    guard newest > kept else { return nil }
    // Rounds from here on are kept; see RetainedFolders.isKept.
    let first = newest - kept
    return try context.store.read { transaction in
      let fates = setting == .delete ? [setting.rawValue] : HubSection.OldRepositories.ends
      let due = try transaction.ownRepositories(before: first, besides: fates).filter {
        $0.namespace == context.hub.account && !keeping.contains($0) && refused[$0] == nil
      }
      guard !due.isEmpty else { return nil }
      let bases = try bases(from: first, transaction)
      return due.first { !bases.contains($0) }
    }
  }

  /// Repositories that rounds which are kept or not over yet name.
  private func bases(
    from first: UInt64, _ transaction: Transaction
  ) throws -> Set<RepositoryID> {
    let limit = keepRounds + Self.roundsLooked
    var bases: Set<RepositoryID> = []
    for known in try transaction.knownRounds(limit: limit) where known.round >= first {
      bases.insert(known.announced.repository)
      if let made = known.document.made { bases.insert(made.base.repository) }
    }
    for round in try transaction.rounds(limit: limit)
    where round.announced.round >= first || round.state != .announced {
      bases.insert(round.announced.repository)
    }
    return bases
  }

  private static func carryOut(
    _ setting: HubSection.OldRepositories, _ hub: any Hub, _ repository: RepositoryID
  ) throws {
    switch setting {
    case .keep: return
    case .delete: try hub.deleteRepository(repository)
    case .hide:
      do {
        try hub.setVisibility(.private, of: repository)
      } catch HubError.repositoryNotFound {
        // Somebody removed it: it is hidden well.
      }
    }
  }
}

extension HubSection.OldRepositories {
  /// What a repository can have come to.
  fileprivate static let ends = [Self.hide.rawValue, Self.delete.rawValue]
}
