import Foundation
import GenkiCore
import GenkiRound
import GenkiStore

/// What of finished rounds stays on this machine.
public struct RetainedFolders {
  private let context: NodeContext

  /// For one daemon.
  public init(_ context: NodeContext) { self.context = context }

  /// Keeps the bases of the newest rounds from being evicted, and lets older ones go.
  ///
  /// - Parameter keepRounds: Finished rounds that stay besides the one in force.
  public func keepBases(newest: UInt64, keepRounds: Int) throws {
    for known in try context.store.read({ try $0.knownRounds(limit: 64) }) {
      let place = known.announced
      if isKept(place.round, newest: newest, keepRounds: keepRounds) {
        context.cache.pin(place.repository, revision: place.revision)
      } else {
        context.cache.unpin(place.repository, revision: place.revision)
      }
    }
  }

  /// Removes entries of the work folder whose names are a prefix and the number of an old round.
  public func removeWork(prefixes: [String], newest: UInt64, keepRounds: Int) throws {
    let folder = context.workFolder
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names {
      guard let round = Self.round(of: name, prefixes: prefixes),
        !isKept(round, newest: newest, keepRounds: keepRounds)
      else { continue }
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
      context.observer.report(
        NodeEvent("retention.removed", .info, "removed \(name) of finished round \(round)"))
    }
  }

  /// Whether a round is in force or among the finished ones that stay.
  public func isKept(_ round: UInt64, newest: UInt64, keepRounds: Int) -> Bool {
    round + UInt64(clamping: max(0, keepRounds)) >= newest
  }

  /// The number that follows a prefix, whatever comes after it.
  private static func round(of name: String, prefixes: [String]) -> UInt64? {
    for prefix in prefixes where name.hasPrefix(prefix) {
      let digits = name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
      if let round = UInt64(digits) { return round }
    }
    return nil
  }
}
