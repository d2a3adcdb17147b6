import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiNode

/// Registers a hotkey on a subtensor chain, step by step: look, plan, agree, sign, send, follow.
struct SubtensorRegistrar {
  /// Seconds between two looks at the chain.
  private static let pauseSeconds = 1.0
  /// Seconds within which a signal is noticed.
  private static let sliceSeconds = 0.1

  let chain: SubtensorChain
  let wallet: Wallet
  let hotkey: SS58Address
  let coldkey: SS58Address
  let tolerancePercent: Double
  let password: SecretSource
  let console: Console

  /// What came out, for programs.
  typealias Answer = JSONObject

  /// Is there nothing to do, because the hotkey has a uid already?
  ///
  /// - Throws: If it belongs to another coldkey, or if an extrinsic of ours waits already.
  func existing() throws -> Answer? {
    let head = try chain.head()
    if let neuron = try chain.neuron(of: hotkey, at: head) { return try registered(neuron) }
    let waiting = try chain.waitingExtrinsics(of: coldkey)
    let isCounted = try chain.nextNonce(of: coldkey) > chain.account(of: coldkey, at: head).nonce
    guard waiting?.isEmpty ?? true, !isCounted else {
      // It may have been included between the two looks.
      if let neuron = try chain.neuron(of: hotkey, at: try chain.head()) {
        return try registered(neuron)
      }
      throw RegistrationError.waiting(
        coldkey: coldkey.description, hashes: (waiting ?? []).map { "0x\($0.hex)" })
    }
    return nil
  }

  /// What would be done, and what it costs.
  func plan() throws -> RegistrationPlan {
    let head = try chain.head()
    let burn: UInt64
    do {
      burn = try chain.subnet(at: head).burn
    } catch ChainError.refused(let name, let reason) {
      throw RegistrationError.refused(CallFailure(name, text: reason))
    }
    let limit = RegistrationPlan.limit(burn: burn, tolerancePercent: tolerancePercent)
    let call = ChainCall.register(netuid: chain.netuid, hotkey: hotkey, burnMaximum: limit)
    return RegistrationPlan(
      genesis: try chain.genesis(), netuid: chain.netuid, hotkey: hotkey, coldkey: coldkey,
      burn: burn, limit: limit,
      isLimitHeld: try chain.limitsRegistrationPrice(at: head),
      fee: try chain.fee(of: call, signer: StandInSigner(address: coldkey)),
      free: try chain.account(of: coldkey, at: head).free)
  }

  /// - Throws: ``RegistrationError/refused(_:)`` with what the chain would fail with.
  func requirePassage(_ plan: RegistrationPlan) throws {
    if let failure = try chain.preflight(plan.call, by: coldkey, at: try chain.head()) {
      throw RegistrationError.refused(failure)
    }
    if plan.freeAfter == nil { throw RegistrationError.refused("InabilityToPaySomeFees") }
  }

  /// Opens the coldkey, signs, sends and follows until the end.
  func register(_ plan: RegistrationPlan) throws -> Answer {
    let signer = try KeypairSigner(try openColdkey())
    // Opening takes its time: the price may have risen, and another program may have been faster.
    if let answer = try existing() { return answer }
    let burn = try chain.subnet(at: try chain.head()).burn
    guard burn <= plan.limit else {
      throw RegistrationError.dearer(burn: burn, limit: plan.limit)
    }
    try requirePassage(plan)
    let signal = StopSignal()
    let extrinsic = try chain.makeExtrinsic(
      plan.call, nonce: try chain.nextNonce(of: coldkey), signer: signer)
    let hash = "0x\(extrinsic.hash.hex)"
    console.line("extrinsic       \(hash), valid up to block \(extrinsic.lastBlock)")
    if let number = signal.signalReceived {
      throw StoppedBySignal(signal: number, message: "stopped before anything was sent")
    }
    switch try follower(extrinsic, signal).follow() {
    case .final(let block, let index, nil):
      return try registered(in: block, index: index, hash: hash)
    case .final(let block, _, let failure?):
      throw RegistrationError.failed(failure, block: block.number)
    case .expired:
      throw RegistrationError.expired(hash: hash, lastBlock: extrinsic.lastBlock)
    case .lost(let reason):
      throw RegistrationError.lost(hash: hash, reason: reason)
    case .stopped(let number, let state):
      throw StoppedBySignal(
        signal: number,
        message: "stopped; extrinsic \(hash) is \(state). It can be included up to block "
          + "\(extrinsic.lastBlock). Run the same command again to see what became of it: it sends "
          + "nothing if the hotkey is registered or the extrinsic waits")
    }
  }

  private func openColdkey() throws -> Keypair {
    let isEncrypted = try Wallet.isEncrypted(keyfile: wallet.coldkeyPath)
    let secret = isEncrypted ? try password.read("Password of coldkey \(wallet.name): ") : nil
    if isEncrypted { console.note("Decrypting the coldkey; this takes up to half a minute.") }
    let keypair = try wallet.coldkey(password: secret)
    guard keypair.publicKey == coldkey.publicKey else {
      throw WalletError.mismatch(path: wallet.coldkeyPublicPath, field: "ss58Address")
    }
    return keypair
  }

  private func follower(_ extrinsic: Extrinsic, _ signal: StopSignal) -> ExtrinsicFollower {
    let never = DispatchSemaphore(value: 0)
    return ExtrinsicFollower(
      look: {
        let final = try chain.finalizedHead().number
        let outcome = try chain.outcome(of: extrinsic)
        return ExtrinsicFollower.Look(
          head: try chain.head().number, final: final, outcome: outcome)
      },
      send: { try chain.submit(extrinsic) },
      pause: {
        let slices = Int(Self.pauseSeconds / Self.sliceSeconds)
        for _ in 0..<slices where signal.signalReceived == nil {
          _ = never.wait(timeout: .now() + Self.sliceSeconds)
        }
        return signal.signalReceived
      }, report: { console.line($0) })
  }

  private func registered(_ neuron: Neuron) throws -> Answer {
    guard neuron.coldkey == coldkey else {
      throw RegistrationError.foreign(
        hotkey: hotkey.description, coldkey: neuron.coldkey.description, uid: neuron.uid)
    }
    let isFinal = try neuron.registeredAt <= chain.finalizedHead().number
    console.line(
      "\(hotkey) is registered already: uid \(neuron.uid) since block \(neuron.registeredAt)"
        + (isFinal ? "" : ", which is not final yet"))
    return [
      "status": "already_registered", "netuid": JSONValue(Int(chain.netuid)),
      "hotkey": .string(hotkey.description), "coldkey": .string(coldkey.description),
      "uid": JSONValue(Int(neuron.uid)), "final": .bool(isFinal),
    ]
  }

  private func registered(
    in block: BlockReference, index: UInt32, hash: String
  ) throws -> Answer {
    let final = try chain.finalizedHead()
    let neuron = try chain.neuron(of: hotkey, at: final)
    let free = try chain.account(of: coldkey, at: final).free
    let uid = neuron.map { "uid \($0.uid)" } ?? "but has lost its uid again"
    console.line("\(hotkey) is registered: \(uid); balance \(RaoText.both(free))")
    return [
      "status": "registered", "uid": neuron.map { JSONValue(Int($0.uid)) } ?? .null,
      "extrinsic": .string(hash), "block": JSONView.number(block.number),
      "block_hash": .string("0x\(block.hash.hex)"), "index": JSONValue(Int(index)),
      "balance_now_rao": RaoText.json(free),
    ]
  }
}
