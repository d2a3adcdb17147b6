import GenkiChain
import GenkiCore
import GenkiRPC
import GenkiRound

extension ChainMethods {
  var fees: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "chain.fees",
        summary: "What the daemon's calls and a registration cost, and who can pay it",
        details: "Nothing is signed for it. The embedded chain takes no fees.", access: .read,
        result: ChainSchemas.fees, errors: Self.errors + [.busy])
    ) { _ in try gate.pass { try prices() } }
  }

  private struct Price {
    let name: String
    let call: ChainCall
    var isColdkeys = false
    var burn: UInt64 = 0
  }

  private func prices() throws -> JSONValue {
    let chain = context.chain
    let block = try chain.finalizedHead()
    let subnet = try chain.subnet(at: block)
    let owner = try coldkey ?? chain.neuron(of: context.hotkey, at: block)?.coldkey
    let hot = try subtensor?.account(of: context.hotkey, at: block)
    let cold = try owner.flatMap { try subtensor?.account(of: $0, at: block) }
    let items = try Self.priced(subnet, chain.netuid, context.hotkey).map { price -> JSONValue in
      let payer = price.isColdkeys ? owner ?? context.hotkey : context.hotkey
      let fee = try subtensor?.fee(of: price.call, signer: BlankSigner(payer)) ?? 0
      let (total, overflow) = fee.addingReportingOverflow(price.burn)
      let free = (price.isColdkeys ? cold : hot)?.free
      return [
        "call": .string(price.name), "signer": .string(price.isColdkeys ? "coldkey" : "hotkey"),
        "fee_rao": JSONView.number(fee), "burn_rao": JSONView.number(price.burn),
        "total_rao": JSONView.number(overflow ? .max : total),
        "is_affordable": free.map { .bool(!overflow && $0 >= total) } ?? .null,
      ]
    }
    return [
      "items": .array(items), "block": JSONView.number(block.number),
      "hotkey": Self.json(context.hotkey, hot), "coldkey": Self.json(owner, cold),
    ]
  }

  private static func json(_ address: SS58Address?, _ account: ChainAccount?) -> JSONValue {
    [
      "address": text(address),
      "free_rao": (account?.free).map(JSONView.number) ?? .null,
      "reserved_rao": (account?.reserved).map(JSONView.number) ?? .null,
    ]
  }

  /// The calls that a daemon makes in this subnet, and the registration that its operator makes.
  private static func priced(
    _ subnet: SubnetSettings, _ netuid: UInt16, _ hotkey: SS58Address
  ) -> [Price] {
    let weights = (0..<min(256, max(1, subnet.minimumWeights))).map {
      UidWeight(uid: $0, weight: .max)
    }
    let commitment = [UInt8](repeating: 0x61, count: Commitment.bytesMaximum)
    let direct = [
      Price(
        name: "set_weights",
        call: .setWeights(
          netuid: netuid, weights: weights, versionKey: subnet.weightsVersionKey))
    ]
    let revealed = [
      Price(
        name: "commit_weights",
        call: .commitWeights(netuid: netuid, hash: SHA256Hasher.digest(of: commitment))),
      Price(
        name: "reveal_weights",
        call: .revealWeights(
          netuid: netuid, weights: weights, salt: [UInt16](repeating: 0, count: 8),
          versionKey: subnet.weightsVersionKey)),
    ]
    return [
      Price(name: "set_commitment", call: .setCommitment(netuid: netuid, bytes: commitment))
    ] + (subnet.isCommitRevealOn ? revealed : direct) + [
      Price(
        name: "register",
        call: .register(netuid: netuid, hotkey: hotkey, burnMaximum: subnet.burn),
        isColdkeys: true, burn: subnet.burn)
    ]
  }
}
