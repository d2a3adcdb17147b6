import Foundation
import GenkiChain
import GenkiCore
import GenkiRPC
import GenkiRound
import GenkiService
import GenkiStore

/// The methods of both daemons that look at the chain and at what the daemon did there.
///
/// They change nothing. The chain is asked on the caller's own thread, within a time of its own.
public struct ChainMethods: Sendable {
  let context: NodeContext
  let wallet: WalletSection
  let section: ChainSection
  let role: Store.Role
  let uid: @Sendable () -> UInt16?
  let gate = ChainGate()

  /// - Parameters:
  ///   - wallet: Whose keys are shown.
  ///   - chain: What the configuration says.
  ///   - role: A validator's permit and stake are looked at too.
  ///   - uid: Our number in the subnet as the loop has found it.
  public init(
    _ context: NodeContext, wallet: WalletSection, chain: ChainSection, role: Store.Role,
    uid: @escaping @Sendable () -> UInt16?
  ) {
    self.context = context
    self.wallet = wallet
    section = chain
    self.role = role
    self.uid = uid
  }

  /// All of them.
  public var endpoints: [RPCEndpoint] {
    [status, metagraph, commitments, fees, extrinsics, check, walletShow]
  }

  var subtensor: SubtensorChain? { context.chain as? SubtensorChain }

  /// The errors that a question to the chain may end with.
  static let errors: [RPCErrorName] = [.chainUnreachable, .chainRefused, .invalidData, .conflict]

  private var walletShow: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "wallet.show", summary: "The keys that the daemon works with", access: .read,
        result: ChainSchemas.wallet)
    ) { _ in
      [
        "name": .string(wallet.name), "hotkey": .string(wallet.hotkey),
        "address": .string(context.hotkey.description),
        "coldkey": Self.text(coldkey), "uid": uid().map { JSONValue(Int($0)) } ?? .null,
      ]
    }
  }

  /// The coldkey's address, if its public file is there.
  var coldkey: SS58Address? { Self.coldkey(of: wallet) }

  static func coldkey(of section: WalletSection) -> SS58Address? {
    let path = section.path ?? Wallet.defaultBasePath
    return try? Wallet(basePath: path, name: section.name).coldkeyAddress()
  }

  static func text(_ address: SS58Address?) -> JSONValue {
    address.map { .string($0.description) } ?? .null
  }

  // MARK: Status

  private var status: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "chain.status", summary: "The nodes, the newest blocks and the subnet's settings",
        details:
          "It answers also while no node does: is_reachable is false then, or null if nobody could "
          + "be asked; error says why, and what would have to be asked is null.",
        access: .read, result: ChainSchemas.status)
    ) { _ in
      var result: JSONObject = [
        "kind": .string(section.kind.rawValue), "netuid": JSONValue(Int(context.chain.netuid)),
        "mechanism": JSONValue(Int(subtensor?.mechanism ?? 0)),
      ]
      let readings: JSONObject
      do {
        readings = try gate.pass { try self.readings() }
        result["is_reachable"] = true
        result["error"] = .null
      } catch let error as ChainError {
        readings = [:]
        result["is_reachable"] = .bool(!error.isTransient)
        result["error"] = .string(error.description)
      } catch let failure as RPCFailure where failure.name == .busy {
        // Others wait for the chain, perhaps for a node that hangs: the nodes are told all the same.
        readings = [:]
        result["is_reachable"] = .null
        result["error"] = .string(failure.message)
      }
      result["node"] = subtensor.map { .string($0.node.name) } ?? .null
      result["nodes"] = .array(nodes)
      for (name, _) in ChainSchemas.readings { result[name] = readings[name] ?? .null }
      return .object(result)
    }
  }

  private var nodes: [JSONValue] {
    (subtensor?.node.nodes ?? []).map { node in
      [
        "name": .string(node.name), "is_current": .bool(node.isCurrent),
        "is_usable": .bool(node.isUsable), "is_verified": .bool(node.isVerified),
        "trouble": node.trouble.map { .string($0.rawValue) } ?? .null,
        "reason": node.trouble == nil ? .null : .string(node.reason),
        "usable_again_at": node.isUsable
          ? .null : .number((context.now() + node.secondsLeftAlone).rounded()),
        "failures": JSONValue(node.failures), "requests": JSONView.number(node.traffic.requests),
        "requests_failed": JSONView.number(node.traffic.failures),
        "sent_bytes": JSONView.number(node.traffic.bytesSent),
        "received_bytes": JSONView.number(node.traffic.bytesReceived),
      ]
    }
  }

  private func readings() throws -> JSONObject {
    let chain = context.chain
    let (head, final) = (try chain.head(), try chain.finalizedHead())
    let subnet = try chain.subnet(at: head)
    let report = try subtensor?.report(at: head)
    let next =
      report?.nextEpochBlock
      ?? subnet.blocksToNextEpoch(from: head.number, netuid: chain.netuid).map { head.number + $0 }
    let members = try report.map { Int($0.members) } ?? chain.metagraph(at: head).neurons.count
    let numbers: KeyValuePairs<String, UInt64?> = [
      "spec_version": (report?.specVersion).map(UInt64.init),
      "transaction_version": (report?.transactionVersion).map(UInt64.init),
      "metadata_version": (report?.metadataVersion).map(UInt64.init), "block": head.number,
      "final_block": final.number, "tempo": UInt64(subnet.tempo),
      "epoch": subnet.epoch(of: head.number, netuid: chain.netuid), "next_epoch_block": next,
      "blocks_to_next_epoch": next.map { $0 > head.number ? $0 - head.number : 0 },
      "members": UInt64(members), "members_maximum": UInt64(subnet.memberMaximum),
      "reveal_period_epochs": subnet.revealPeriodEpochs,
      "weights_rate_limit": subnet.weightsRateLimit,
      "minimum_weights": UInt64(subnet.minimumWeights),
      "maximum_weight_limit": UInt64(subnet.maximumWeightLimit),
      "weights_version_key": subnet.weightsVersionKey,
      "stake_threshold_rao": subnet.stakeThreshold, "burn_rao": subnet.burn,
    ]
    var result: JSONObject = [
      "block_hash": .string(head.hash.hex), "final_block_hash": .string(final.hash.hex),
      "commit_reveal": .bool(subnet.isCommitRevealOn),
      "owner_hotkey": Self.text(subnet.ownerHotkey),
      "head_age_seconds": (report?.time).map { .number(context.now() - $0) } ?? .null,
      "genesis": try genesis().map { .string($0.hex) } ?? .null,
    ]
    for (name, number) in numbers { result[name] = number.map(JSONView.number) ?? .null }
    return result
  }

  private func genesis() throws -> ContentDigest? {
    try subtensor?.genesis() ?? context.chain.block(number: 0)?.hash
  }

  // MARK: Check

  private var check: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "chain.check", summary: "Whether nodes, runtime, keys and clock are as a round needs them",
        details:
          "The same as check of the programs says of a subtensor chain; the embedded chain has "
          + "nothing to be looked at. It may take a minute while nodes hang.",
        access: .read, result: .list(of: ChainSchemas.finding), errors: [.busy])
    ) { _ in
      guard section.kind == .subtensor else { return ["items": []] }
      var check = EnvironmentCheck()
      let genesis = try StoreNotebook(context.store).genesis()
      try gate.pass(seconds: ChainCheck.seconds) {
        ChainCheck(
          section, genesis: genesis, hotkey: context.hotkey, coldkey: coldkey,
          isValidator: role == .validator
        ).look(&check)
      }
      return ["items": .array(check.findings.map(\.json))]
    }
  }
}
