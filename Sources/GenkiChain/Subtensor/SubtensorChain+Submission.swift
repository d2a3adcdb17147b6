import GenkiCore

/// Signing, sending and following extrinsics.
extension SubtensorChain {
  /// The nonce of the next extrinsic of a key, those in the pool included.
  public func nextNonce(of hotkey: SS58Address) throws -> UInt64 {
    _ = try genesis()
    let answer = try node.read("system_accountNextIndex", [.string(hotkey.description)])
    guard let nonce = answer.intValue.flatMap(UInt64.init(exactly:)) else {
      throw ChainError.damaged(source: node.name, reason: "a nonce is no number")
    }
    return nonce
  }

  /// Signs a call for 64 blocks from the final one, which no fork changes.
  public func makeExtrinsic(
    _ call: ChainCall, nonce: UInt64, signer: any Signer
  ) throws -> Extrinsic {
    let head = try head()
    let birth = try finalizedHead()
    return try explained {
      let runtime = try runtimes.runtime(at: head.hash)
      let era = Era(period: Self.eraPeriod, at: birth.number)
      guard era.birth(at: birth.number) == birth.number,
        let lastBlock = era.lastValidBlock(at: birth.number)
      else {
        throw ChainError.damaged(source: node.name, reason: "block \(birth.number) has no era")
      }
      let unsigned = try runtime.metadata.unsignedExtrinsic(
        call: try subtensorCall(call, runtime.metadata).encoded(runtime.metadata),
        context: SigningContext(
          specVersion: runtime.specVersion,
          transactionVersion: runtime.transactionVersion, genesis: try genesis(), era: era,
          eraBlock: birth.hash, nonce: nonce))
      let bytes = try unsigned.signed(by: signer)
      return Extrinsic(
        hash: try UnsignedExtrinsic.hash(of: bytes), bytes: bytes, signer: signer.address,
        nonce: nonce, lastBlock: lastBlock, specVersion: runtime.specVersion)
    }
  }

  /// Sends an extrinsic. Sending the same bytes again changes nothing.
  ///
  /// - Throws: `ChainError.refused`; where the bytes are at fault only because time went on its name is
  ///   `Stale`, `AncientBirthBlock` or `OtherRuntime`: another extrinsic may be signed then.
  public func submit(_ extrinsic: Extrinsic) throws {
    _ = try genesis()
    let verdict: SubmissionVerdict
    do {
      _ = try node.call("author_submitExtrinsic", [.string(HexBytes.text(extrinsic.bytes))])
      verdict = .accepted
    } catch let failure as NodeRefusal {
      verdict = SubmissionVerdict(failure)
    }
    switch verdict {
    case .accepted: return
    case .later(let reason): throw ChainError.unreachable(source: node.name, reason: reason)
    case .refused(let name, let reason): throw ChainError.refused(name: name, reason: reason)
    case .badProof(let reason): throw try badProof(extrinsic, reason)
    case .nonceUsed(let reason):
      switch try outcome(of: extrinsic) {
      case .included, .pending: return
      case .expired: throw ChainError.refused(name: "Stale", reason: reason)
      case .unknown:
        // Another extrinsic of the key has the nonce in a block that a fork could still take back.
        throw ChainError.unreachable(
          source: node.name, reason: "nonce \(extrinsic.nonce) is used in a block that is not final"
        )
      }
    }
  }

  /// Why a signature that was good when it was made is not: the era has passed or the runtime has
  /// changed; else the bytes are wrong.
  private func badProof(_ extrinsic: Extrinsic, _ reason: String) throws -> ChainError {
    let head = try head()
    guard head.number + Self.eraPeriod > extrinsic.lastBlock else {
      // This node has not come to the era's first block: it judges by another one.
      let name = node.name
      node.distrust("it lags behind")
      return .unreachable(source: name, reason: "it lags behind: \(reason)")
    }
    switch try outcome(of: extrinsic) {
    case .included, .pending:
      return .unreachable(source: node.name, reason: "it is on the chain already: \(reason)")
    case .expired:
      let isOver = head.number >= extrinsic.lastBlock
      return .refused(name: isOver ? "AncientBirthBlock" : "Stale", reason: reason)
    case .unknown: break
    }
    if head.number >= extrinsic.lastBlock {
      // Its last block is not final: a fork could still hold it, and another one would be a second.
      return .unreachable(source: node.name, reason: "its last block is not final: \(reason)")
    }
    let version = try runtimes.version(at: head.hash)
    if let signedFor = extrinsic.specVersion, signedFor != version.spec {
      return .refused(
        name: "OtherRuntime",
        reason: "it was signed for runtime \(signedFor), the chain runs \(version.spec)")
    }
    // The node may run on a block that it has not shown yet.
    let pooled = try SubtensorRuntime.Version(
      try node.read("state_getRuntimeVersion"), node: node.name)
    if let signedFor = extrinsic.specVersion, signedFor != pooled.spec {
      runtimes.forgetVersion(of: head.hash)
      return .refused(
        name: "OtherRuntime",
        reason: "it was signed for runtime \(signedFor), the chain runs \(pooled.spec)")
    }
    return .refused(name: "BadProof", reason: reason)
  }

  /// What became of an extrinsic: looked for by its hash in every block that may hold it.
  public func outcome(of extrinsic: Extrinsic) throws -> ExtrinsicOutcome {
    let head = try head()
    let final = try finalizedHead()
    let first = extrinsic.lastBlock >= Self.eraPeriod ? extrinsic.lastBlock - Self.eraPeriod + 1 : 0
    // A head that lags behind the final block says nothing of the blocks between.
    let last = min(max(head.number, final.number), extrinsic.lastBlock)
    if first <= last, let (block, index) = try blocks.place(of: extrinsic.hash, in: first...last) {
      return .included(
        block: block, index: index,
        failure: try failure(of: index, in: block, signer: extrinsic.signer, final: final))
    }
    if final.number >= extrinsic.lastBlock { return .expired }
    if try account(of: extrinsic.signer, at: final).nonce > extrinsic.nonce { return .expired }
    return try isPending(extrinsic) ? .pending : .unknown
  }

  private func isPending(_ extrinsic: Extrinsic) throws -> Bool {
    let text = HexBytes.text(extrinsic.bytes)
    return try node.read("author_pendingExtrinsics").arrayValue?.contains(.string(text)) ?? false
  }

  private func failure(
    of index: UInt32, in block: BlockReference, signer: SS58Address, final: BlockReference
  ) throws -> CallFailure? {
    let outcome: DispatchOutcome?
    do {
      let events = try events(of: block)
      outcome = try reading(at: block) { state in
        try events.outcome(ofExtrinsic: index, metadata: state.runtime.metadata)
      }
    } catch ChainError.stateDiscarded where block.number <= final.number {
      return try failureByTraces(of: signer, in: block, final: final)
    }
    switch outcome {
    case .success: return nil
    case .failure(let failure):
      return CallFailure(failure.name, text: failure.docs.isEmpty ? nil : failure.docs)
    case nil:
      throw ChainError.damaged(
        source: node.name, reason: "block \(block.number) tells nothing of extrinsic \(index)")
    }
  }

  /// What became of a call whose events the node has forgotten: what it has left in the final state.
  private func failureByTraces(
    of signer: SS58Address, in block: BlockReference, final: BlockReference
  ) throws -> CallFailure? {
    if try commitment(of: signer, at: final)?.block == block.number { return nil }
    if try neuron(of: signer, at: final)?.lastUpdate == block.number { return nil }
    return CallFailure(
      "ResultUnknown",
      text:
        "the node has discarded the events of block \(block.number), and its call has left no trace"
    )
  }

  /// Nonce and balance of an account in the state of a block.
  public func account(of key: SS58Address, at block: BlockReference) throws -> ChainAccount {
    try reading(at: block) { state in
      let value = try state.value("Account", [.account(key)], of: "System")
      return try value.map {
        ChainAccount(
          nonce: try $0["nonce"].unsigned(), free: try $0["data"]["free"].unsigned(),
          reserved: try $0["data"]["reserved"].unsigned())
      } ?? ChainAccount(nonce: 0, free: 0, reserved: 0)
    }
  }

  /// A call in the form that the runtime has for it.
  func subtensorCall(_ call: ChainCall, _ metadata: RuntimeMetadata) throws -> SubtensorCall {
    switch call {
    case .setCommitment(let netuid, let bytes):
      return .setCommitment(netuid: netuid, fields: [bytes])
    case .setWeights(let netuid, let weights, let key):
      return mechanism == 0
        ? .setWeights(netuid: netuid, weights: weights, versionKey: key)
        : .setMechanismWeights(
          netuid: netuid, mechanism: mechanism, weights: weights, versionKey: key)
    case .commitWeights(let netuid, let hash):
      return mechanism == 0
        ? .commitWeights(netuid: netuid, hash: hash)
        : .commitMechanismWeights(netuid: netuid, mechanism: mechanism, hash: hash)
    case .revealWeights(let netuid, let weights, let salt, let key):
      return mechanism == 0
        ? .revealWeights(netuid: netuid, weights: weights, salt: salt, versionKey: key)
        : .revealMechanismWeights(
          netuid: netuid, mechanism: mechanism, weights: weights, salt: salt, versionKey: key)
    case .register(let netuid, let hotkey, let burnMaximum):
      // The limit keeps a price that rises meanwhile from being paid.
      return metadata.hasCall(StateReader.subtensor, "register_limit")
        ? .registerLimit(netuid: netuid, hotkey: hotkey, limitPrice: burnMaximum)
        : .burnedRegister(netuid: netuid, hotkey: hotkey)
    }
  }

  /// What a call costs its signer besides a registration's burn, in rao.
  public func fee(of call: ChainCall, signer: any Signer) throws -> UInt64 {
    let head = try head()
    let nonce = try account(of: signer.address, at: head).nonce
    let extrinsic = try makeExtrinsic(call, nonce: nonce, signer: signer)
    let answer: JSONValue
    do {
      answer = try node.read(
        "payment_queryInfo",
        [.string(HexBytes.text(extrinsic.bytes)), .string("0x\(head.hash.hex)")])
    } catch let failure as NodeRefusal {
      throw ChainError.unreachable(source: node.name, reason: failure.reason)
    }
    guard let text = answer["partialFee"]?.stringValue, let fee = UInt64(text) else {
      throw ChainError.damaged(source: node.name, reason: "a fee is no number")
    }
    return fee
  }
}

/// What the chain says of an account.
public struct ChainAccount: Sendable, Hashable {
  /// Extrinsics of the account so far.
  public var nonce: UInt64
  /// What it can spend, in rao.
  public var free: UInt64
  /// What is set aside, in rao.
  public var reserved: UInt64
}
