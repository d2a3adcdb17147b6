import GenkiHub
import GenkiNode
import GenkiRound
import GenkiStore
import Synchronization

/// When repositories were made public.
final class PublicationLog: Sendable {
  private let heads = Mutex<[RepositoryID: UInt64]>([:])

  func note(_ repository: RepositoryID, _ head: UInt64) {
    heads.withLock { $0[repository] = min($0[repository] ?? .max, head) }
  }

  /// The head's number at the first publication.
  func head(of repository: RepositoryID) -> UInt64? { heads.withLock { $0[repository] } }
}

/// A scenario that does not come to its end, and where everybody stands.
struct ScenarioStuck: Error, CustomStringConvertible {
  let description: String

  init(world: World) {
    let lines = world.nodes.map { node in
      let rounds = (try? node.store.read { try $0.rounds(limit: 3) }) ?? []
      let states = rounds.map { "r\($0.announced.round) \($0.state.rawValue)" }
      return "\(node.name): \(states) \(node.problems.map(\.message)) \(node.observer.warnings)"
    }
    description = "seed \(world.options.seed) is stuck:\n" + lines.joined(separator: "\n")
  }
}
