import Foundation
import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiService
import GenkiStore

/// The methods of a validator's socket, besides those of every daemon.
struct ValidatorMethods: Sendable {
  let context: NodeContext
  let configuration: ValidatorConfiguration
  let board: StatusBoard<ValidatorEngine.View>
  let wake: @Sendable () -> Void
  /// Asks the loop to try a failed round again.
  let retry: @Sendable (UInt64) -> Void
  let isCoordinator: Bool
  let health: ChainHealth

  static let roundParameter = RPCParameter(
    "round", RoundSchemas.count, summary: "The newest one with scores unless given.")
  static let key = RPCParameter(
    "idempotency_key", .string(minLength: 1, maxLength: 128),
    summary: "The same call with the same key is done once.")

  /// All of them.
  var endpoints: [RPCEndpoint] {
    roundEndpoints + scoreEndpoints + weightEndpoints + [statusEndpoint, reportEndpoint]
      + chainMethods.endpoints + hubMethods.endpoints
  }

  private var hubMethods: HubMethods {
    HubMethods(
      configuration.hub, wallet: configuration.wallet,
      stateFolder: configuration.daemon.stateFolder, isValidator: true,
      publication: { [configuration, context] in
        PlannedBase.publication(
          configuration, hotkey: context.hotkey, state: context.store.path)
      })
  }

  private var chainMethods: ChainMethods {
    ChainMethods(
      context, wallet: configuration.wallet, chain: configuration.chain, role: .validator,
      uid: { [board] in board.snapshot.view?.uid })
  }

  private var statusEndpoint: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "status", summary: "What the validator does, and what keeps it from working",
        access: .read,
        result: RoundSchemas.status([
          ("is_coordinator", .boolean), ("has_permit", .boolean),
          ("verified", .nullable(ValidatorSchemas.verification)),
          ("weights", .nullable(ValidatorSchemas.weightSetting)),
        ]))
    ) { _ in try status() }
  }

  /// The daemon at a glance.
  func status() throws -> JSONValue {
    let snapshot = board.snapshot
    let view = snapshot.view
    var result = snapshot.json(
      daemon: "validator", hotkey: context.hotkey.description, netuid: context.chain.netuid,
      chain: configuration.chain.kind.rawValue, hub: configuration.hub.kind.rawValue,
      account: context.hub.account, head: view?.head, final: view?.final,
      uid: view?.uid, problems: view?.problems ?? [], health: health,
      transfers: context.transfers.running)
    let (verification, weights) = try context.store.read { transaction in
      (
        try view?.round.flatMap { try transaction.verification(round: $0.round) },
        try transaction.weightSettings(limit: 1).first
      )
    }
    result["round"] = try currentRound(view)
    result["is_coordinator"] = .bool(isCoordinator)
    result["has_permit"] = .bool(view?.hasPermit ?? false)
    result["verified"] = try verification.map { try JSONView.json($0) } ?? .null
    result["weights"] = try weights.map { try JSONView.json($0) } ?? .null
    return .object(result)
  }

  func currentRound(_ view: ValidatorEngine.View?) throws -> JSONValue {
    guard let view, let known = view.round, let head = view.head else { return .null }
    let state = try context.store.read { try $0.round(known.round)?.state.rawValue }
    return RoundSchemas.current(known, state: state ?? "open", head: head.number)
  }

  static func failure(_ what: String) -> RPCFailure {
    RPCFailure(name: .notFound, message: "there is no \(what)")
  }

  /// The scores of a round that a call names, or the newest ones.
  func scores(_ call: RPCCall) throws -> RoundScores {
    let asked = call["round"]?.intValue
    let scores = try context.store.read { transaction in
      if let asked { return try transaction.scores(round: UInt64(clamping: asked)) }
      return try transaction.newestScores()
    }
    guard let scores else {
      throw Self.failure(asked.map { "score of round \($0)" } ?? "round with scores yet")
    }
    return scores
  }
}
