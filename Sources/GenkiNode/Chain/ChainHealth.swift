import GenkiChain
import GenkiCore
import GenkiRound
import GenkiStore
import Synchronization

/// How the chain does as the daemon's loop sees it: asking here asks no node.
public final class ChainHealth: Sendable {
  /// Seconds without a new block after which something is wrong: a block takes 12.
  static let stallSeconds = 180.0

  private struct Seen {
    var head: UInt64?
    var final: UInt64?
    var changedAt = 0.0
  }

  private let subtensor: SubtensorChain?
  private let now: @Sendable () -> Double
  private let seen = Mutex(Seen())

  /// - Parameter now: Seconds since 1970.
  public init(_ chain: any Chain, now: @escaping @Sendable () -> Double) {
    subtensor = chain as? SubtensorChain
    self.now = now
  }

  /// Notes what the loop has found.
  public func saw(head: BlockReference?, final: BlockReference?) {
    let time = now()
    seen.withLock { seen in
      if let head, head.number != seen.head {
        seen.head = head.number
        seen.changedAt = time
      }
      if let final { seen.final = final.number }
    }
  }

  /// The node in use; nil on the embedded chain.
  public var node: String? { subtensor?.node.name }

  /// The newest runtime that was seen; nil on the embedded chain and before the first answer.
  public var specVersion: UInt32? { subtensor?.knownSpecVersion }

  /// Seconds since a block was new here; nil before the first one.
  public var secondsSinceBlock: Double? {
    let seen = seen.withLock { $0 }
    return seen.head == nil ? nil : max(0, now() - seen.changedAt)
  }

  /// What is wrong with the nodes, besides what the loop says itself.
  public func problems(besides known: [Problem]) -> [Problem] {
    guard let subtensor else { return [] }
    let isUnreachable = known.contains { $0.code == "chain_unreachable" }
    var problems = subtensor.node.nodes.compactMap { Self.problem($0, isUnreachable) }
    if let age = secondsSinceBlock, age > Self.stallSeconds, !isUnreachable {
      problems.append(
        Problem(
          "chain_stalled", "no new block has come for \(Int(age)) seconds",
          advice: "look at chain.status; name another node in chain.url"))
    }
    return problems
  }

  private static func problem(_ node: NodeStatus, _ isUnreachable: Bool) -> Problem? {
    guard let trouble = node.trouble else { return nil }
    switch trouble {
    case .otherChain:
      return Problem(
        "chain_other_genesis", "node \(node.name): \(node.reason)",
        advice: "take it out of chain.url, or use another state_dir for another chain")
    case .behind where !node.isUsable:
      return Problem(
        "chain_node_behind", "node \(node.name): \(node.reason)",
        advice: "it is tried again by itself")
    case .unreachable, .busy, .badAnswer:
      guard !node.isUsable, !isUnreachable else { return nil }
      return Problem(
        "chain_node_unreachable", "node \(node.name): \(node.reason)",
        advice: "it is tried again by itself; another one is used if there is one")
    case .behind: return nil
    }
  }

  /// Figures for `metrics.get`.
  public func metrics(_ store: Store) throws -> [(name: String, help: String, value: Double)] {
    let final = seen.withLock { $0.final }
    var figures: [(name: String, help: String, value: Double)] = [
      ("genki_final_block", "The newest final block.", Double(final ?? 0)),
      ("genki_head_age_seconds", "Seconds since a block was new here.", secondsSinceBlock ?? 0),
    ]
    let counts = try store.read { try $0.extrinsicCounts() }
    for state in SentExtrinsic.State.allCases {
      figures.append(
        (
          "genki_extrinsics_\(state.rawValue)",
          "Extrinsics of this daemon that are \(state.rawValue).",
          Double(counts[state] ?? 0)
        ))
    }
    guard let subtensor else { return figures }
    let nodes = subtensor.node.nodes
    let traffic = nodes.map(\.traffic).reduce(NodeTraffic(), +)
    let ofNodes: [(name: String, help: String, value: Double)] = [
      ("genki_chain_nodes_usable", "Nodes that may be asked.", Double(nodes.count { $0.isUsable })),
      ("genki_chain_requests", "HTTP requests to nodes.", Double(traffic.requests)),
      ("genki_chain_failures", "Requests without a usable answer.", Double(traffic.failures)),
      ("genki_chain_sent_bytes", "Bytes sent to nodes.", Double(traffic.bytesSent)),
      ("genki_chain_received_bytes", "Bytes received from nodes.", Double(traffic.bytesReceived)),
    ]
    return figures + ofNodes
  }
}
