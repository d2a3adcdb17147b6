import Foundation
import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiService
import GenkiStore

/// The methods of a miner's socket, besides those of every daemon.
struct MinerMethods: Sendable {
  let context: NodeContext
  let configuration: MinerConfiguration
  let board: StatusBoard<MinerEngine.View>
  let work: any WorkRunner
  let wake: @Sendable () -> Void
  let events: EventBus
  let health: ChainHealth

  /// All of them.
  var endpoints: [RPCEndpoint] {
    datasetEndpoints + jobEndpoints + submissionEndpoints + [statusEndpoint, currentEndpoint]
      + chainMethods.endpoints + hubMethods.endpoints
  }

  private var hubMethods: HubMethods {
    HubMethods(
      configuration.hub, wallet: configuration.wallet,
      stateFolder: configuration.daemon.stateFolder, isValidator: false,
      publication: { [configuration, context] in
        PlannedSubmission.publication(configuration, state: context.store.path)
      })
  }

  private var chainMethods: ChainMethods {
    ChainMethods(
      context, wallet: configuration.wallet, chain: configuration.chain, role: .miner,
      uid: { [board] in board.snapshot.view?.uid })
  }

  private var statusEndpoint: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "status", summary: "What the miner does, and what keeps it from working", access: .read,
        result: MinerSchemas.status)
    ) { _ in try status() }
  }

  /// The daemon at a glance.
  func status() throws -> JSONValue {
    let snapshot = board.snapshot
    let view = snapshot.view
    let (job, submission, datasets) = try context.store.read { transaction in
      (
        try transaction.openJobs().first ?? transaction.jobs(limit: 1).first,
        try transaction.submissions(limit: 1).first, try transaction.datasets().count
      )
    }
    var result = snapshot.json(
      daemon: "miner", hotkey: context.hotkey.description, netuid: context.chain.netuid,
      chain: configuration.chain.kind.rawValue, hub: configuration.hub.kind.rawValue,
      account: context.hub.account, head: view?.head, final: view?.final,
      uid: view?.uid, problems: view?.problems ?? [], health: health,
      transfers: context.transfers.running)
    result["round"] = currentRound(view)
    result["job"] = try job.map { try JSONView.json($0) } ?? .null
    result["submission"] = try submission.map { try JSONView.json($0) } ?? .null
    result["datasets"] = JSONValue(datasets)
    return .object(result)
  }

  private func currentRound(_ view: MinerEngine.View?) -> JSONValue {
    guard let view, let round = view.round, let head = view.head else { return .null }
    let isOpen = head.number < round.announced.closesAt
    return RoundSchemas.current(round, state: isOpen ? "open" : "closed", head: head.number)
  }

  private var currentEndpoint: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "round.current", summary: "The round in force", access: .read,
        result: .nullable(RoundSchemas.current))
    ) { _ in currentRound(board.snapshot.view) }
  }

  static func id(_ call: RPCCall) -> Int64 { Int64(call["id"]?.intValue ?? 0) }
  static func limit(_ call: RPCCall) -> Int { call["limit"]?.intValue ?? 100 }
  static func notFound(_ what: String) -> RPCFailure {
    RPCFailure(name: .notFound, message: "there is no \(what)")
  }
}
