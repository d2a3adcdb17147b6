import GenkiChain
import GenkiCore
import Synchronization

/// What a daemon's loop has found last, for those who ask while it works.
public final class StatusBoard<View: Sendable>: Sendable {
  /// One state of the board.
  public struct Snapshot: Sendable {
    /// What the last tick has found; nil before the first one.
    public var view: View?
    /// What the last tick has led to; nil before the first one.
    public var outcome: TickOutcome?
    /// The daemon is about to end.
    public var isStopping = false
    /// Seconds since 1970 at the start.
    public var startedAt: Double
    /// Seconds since 1970.
    public var now: Double
    /// Resident memory.
    public var memoryBytes = 0
    /// The program's version.
    public var version: String

    /// `working`, `waiting` and so on.
    public var state: String {
      if isStopping { return "stopping" }
      return switch outcome {
      case nil: "starting"
      case .progressed, .working: "working"
      case .waiting: "waiting"
      case .retrying: "retrying"
      }
    }

    /// The members that both daemons' `status` has.
    public func json(
      daemon: String, hotkey: String, netuid: UInt16, chain: String, hub: String, account: String,
      head: BlockReference?, final: BlockReference?, uid: UInt16?, problems: [Problem],
      health: ChainHealth, transfers: [TransferStatus]
    ) -> JSONObject {
      var isWaiting = false
      if case .waiting(let block) = outcome, block == head?.number { isWaiting = true }
      return [
        "daemon": .string(daemon), "version": .string(version), "state": .string(state),
        "hotkey": .string(hotkey), "uid": uid.map { JSONValue(Int($0)) } ?? .null,
        "uptime_seconds": .number(max(0, now - startedAt)),
        "chain": [
          "kind": .string(chain), "netuid": JSONValue(Int(netuid)),
          "block": head.map { JSONView.number($0.number) } ?? .null,
          "final_block": final.map { JSONView.number($0.number) } ?? .null,
          "node": JSONValue(health.node),
          "spec_version": health.specVersion.map { JSONValue(Int($0)) } ?? .null,
        ],
        "hub": ["kind": .string(hub), "account": .string(account)],
        "transfers": .array(transfers.map { .object($0.json) }),
        "waiting_for_block": .bool(isWaiting), "memory_bytes": JSONValue(memoryBytes),
        "problems": .array((problems + health.problems(besides: problems)).map(\.json)),
      ]
    }
  }

  private let state: Mutex<Snapshot>
  private let now: @Sendable () -> Double
  private let memory: @Sendable () -> Int

  /// - Parameters:
  ///   - version: The program's version.
  ///   - memory: Resident memory in bytes.
  ///   - now: Seconds since 1970.
  public init(
    version: String, memory: @escaping @Sendable () -> Int, now: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.memory = memory
    state = Mutex(Snapshot(startedAt: now(), now: now(), version: version))
  }

  /// The state now.
  public var snapshot: Snapshot {
    var snapshot = state.withLock { $0 }
    snapshot.now = now()
    snapshot.memoryBytes = memory()
    return snapshot
  }

  /// Notes what a tick has found.
  public func update(_ view: View, _ outcome: TickOutcome) {
    state.withLock {
      $0.view = view
      $0.outcome = outcome
    }
  }

  /// Notes that the daemon is about to end.
  public func stopping() { state.withLock { $0.isStopping = true } }
}
