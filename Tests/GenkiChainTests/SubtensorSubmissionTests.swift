import GenkiChain
import GenkiCore
import Testing

/// What becomes of extrinsics: nothing is lost, nothing is done twice.
struct SubtensorSubmissionTests {
  private typealias Sample = SubtensorSample

  private static func start(spec: UInt32 = 393) throws -> (node: MemoryNode, chain: SubtensorChain)
  {
    let node = try MemoryNode(spec: spec)
    try Sample.found(node, members: 2)
    try Sample.account(node, 1, nonce: 5)
    node.seal(count: 10)
    return (node, try node.client())
  }

  private static let call = ChainCall.setCommitment(netuid: 7, bytes: Array("hello".utf8))

  private static func sign(_ chain: SubtensorChain, nonce: UInt64 = 5) throws -> Extrinsic {
    try chain.makeExtrinsic(call, nonce: nonce, signer: try Sample.signer(1))
  }

  @Test(arguments: [UInt32(343), 393]) func anExtrinsicIsWhatTheRuntimeAsksFor(spec: UInt32) throws
  {
    let (node, chain) = try Self.start(spec: spec)
    let extrinsic = try Self.sign(chain)
    #expect(extrinsic.specVersion == spec)
    // Block 8 is final; an era of 64 blocks begins with it.
    #expect(extrinsic.lastBlock == 71)
    #expect(try extrinsic.hash == Blake2b.digest(extrinsic.bytes))
    let body = try BlockExtrinsic(extrinsic.bytes)
    #expect(body.signer == extrinsic.signer && body.isSigned)
    // The payload, put together here once more.
    let metadata = try node.metadata
    let unsigned = try metadata.unsignedExtrinsic(
      call: SubtensorCall.setCommitment(netuid: 7, fields: [Array("hello".utf8)]).encoded(metadata),
      context: SigningContext(
        specVersion: spec, transactionVersion: 1, genesis: node.blocks[0].hash,
        era: Era(period: 64, at: 8), eraBlock: node.blocks[8].hash, nonce: 5))
    let signature = Array(body.body.dropFirst(2 + 32 + 1).prefix(64))
    let payload = try unsigned.payload
    #expect(Sr25519.isValid(signature, of: payload, publicKey: extrinsic.signer.publicKey))
  }

  @Test func itIsFollowedFromThePoolToItsFinalBlock() throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    #expect(try chain.outcome(of: extrinsic) == .unknown)
    try chain.submit(extrinsic)
    #expect(try chain.outcome(of: extrinsic) == .pending)
    node.seal(
      [[4, 1], extrinsic.bytes], events: [Sample.succeeded(0), Sample.succeeded(1)])
    let block = try chain.head()
    #expect(try chain.outcome(of: extrinsic) == .included(block: block, index: 1, failure: nil))
    // Sending it again is no harm.
    node.answer(NodeRefusal(code: 1010, message: "Invalid", data: "Transaction is outdated"))
    try chain.submit(extrinsic)
    // A fork takes the block back: it is looked for again and found in another one.
    node.answer(nil)
    node.fork(depth: 1)
    #expect(try chain.outcome(of: extrinsic) == .unknown)
    node.seal(count: 1)
    node.seal([extrinsic.bytes], events: [Sample.succeeded(0)])
    let other = try chain.head()
    #expect(try chain.outcome(of: extrinsic) == .included(block: other, index: 0, failure: nil))
  }

  @Test func aFailureHasTheChainsNameAndWords() throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    node.seal(
      [extrinsic.bytes],
      events: [try Sample.failed(0, "SubtensorModule", "SettingWeightsTooFast", node)])
    guard case .included(_, 0, let failure?) = try chain.outcome(of: extrinsic) else {
      Issue.record("it is in the block and has failed")
      return
    }
    #expect(failure.name == "SettingWeightsTooFast")
    #expect(failure.text?.isEmpty == false)
  }

  @Test func whatANodeHasForgottenIsJudgedByItsTraces() throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    try Sample.commit(node, 1, "hello", block: 11)
    node.seal([extrinsic.bytes], events: [Sample.succeeded(0)])
    let block = try chain.head()
    node.seal(count: 10)
    node.discard(before: 15)
    let later = try node.client()
    #expect(try later.outcome(of: extrinsic) == .included(block: block, index: 0, failure: nil))
    // Without a trace nobody says that it went well.
    try Sample.commit(node, 1, "another", block: 21)
    node.seal(count: 4)
    guard case .included(_, 0, let failure?) = try later.outcome(of: extrinsic) else {
      Issue.record("it is in its block")
      return
    }
    #expect(failure.name == "ResultUnknown")
  }

  @Test func anUnknownCodeOfANodeIsNotTheChainsVerdict() throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    node.answer(NodeRefusal(code: -32029, message: "Too many requests", data: ""))
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      ($0 as? ChainError)?.isTransient == true
    }
  }

  @Test func onlyAFinalBlockEndsAnEra() throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    node.seal(count: 61)
    #expect(try chain.head().number == 71)
    #expect(try chain.outcome(of: extrinsic) == .unknown)
    node.seal(count: 1)
    #expect(try chain.outcome(of: extrinsic) == .unknown)
    node.seal(count: 1)
    #expect(try chain.finalizedHead().number == 71)
    #expect(try chain.outcome(of: extrinsic) == .expired)
  }

  @Test func anotherClientsNonceCountsOnceItIsFinal() throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    try Sample.account(node, 1, nonce: 6)
    node.seal(count: 1)
    node.answer(NodeRefusal(code: 1010, message: "Invalid", data: "Transaction is outdated"))
    // A fork could still take the other one back: then ours would be good again.
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      ($0 as? ChainError)?.isTransient == true
    }
    node.seal(count: 2)
    #expect(try chain.outcome(of: extrinsic) == .expired)
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      if case .refused("Stale", _)? = $0 as? ChainError { true } else { false }
    }
  }

  @Test func anUpgradeIsToldFromBadBytes() throws {
    let (node, chain) = try Self.start(spec: 343)
    let extrinsic = try Self.sign(chain)
    node.answer(
      NodeRefusal(code: 1010, message: "Invalid", data: "Transaction has a bad signature"))
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      if case .refused("BadProof", _)? = $0 as? ChainError { true } else { false }
    }
    node.upgrade(to: 393)
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      if case .refused("OtherRuntime", _)? = $0 as? ChainError { true } else { false }
    }
    // What is signed now is signed for the new one.
    #expect(try Self.sign(chain).specVersion == 393)
    #expect(try Self.sign(chain).bytes != extrinsic.bytes)
  }

  @Test func theBlockOfAnUpgradeIsReadWithTheRuntimeThatMadeIt() throws {
    let (node, chain) = try Self.start(spec: 343)
    let extrinsic = try Self.sign(chain)
    node.seal(
      [extrinsic.bytes], events: [try Sample.failed(0, "Commitments", "SpaceLimitExceeded", node)])
    node.upgrade(to: 393)
    guard case .included(_, 0, let failure?) = try chain.outcome(of: extrinsic) else {
      Issue.record("it is in the block and has failed")
      return
    }
    #expect(failure.name == "SpaceLimitExceeded")
    node.seal(events: [])
    #expect(try chain.subnet(at: try chain.head()).tempo == 20)
  }

  @Test func anEraThatIsOverIsToldFromBadBytes() throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    node.seal(count: 61)
    node.answer(
      NodeRefusal(code: 1010, message: "Invalid", data: "Transaction has a bad signature"))
    // The last block is there and not final: it may still be found in it after a fork.
    #expect(try chain.head().number == 71)
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      ($0 as? ChainError)?.isTransient == true
    }
    node.seal(count: 2)
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      if case .refused("AncientBirthBlock", _)? = $0 as? ChainError { true } else { false }
    }
  }

  @Test(arguments: [
    (1013, "", true), (1014, "", false), (1012, "", false), (1016, "", false), (1021, "", false),
  ]) func aNodesCodesSayWhetherToWait(code: Int, data: String, isAccepted: Bool) throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    node.answer(NodeRefusal(code: code, message: "Pool", data: data))
    if isAccepted {
      try chain.submit(extrinsic)
    } else {
      #expect {
        try chain.submit(extrinsic)
      } throws: {
        ($0 as? ChainError)?.isTransient == true
      }
    }
  }

  @Test(arguments: [
    (1, "NotEnoughStakeToSetWeights"), (6, "SettingWeightsTooFast"), (16, "NoWeightsCommitFound"),
    (10, "HotKeyNotRegisteredInSubNet"), (254, "CustomError254"),
  ]) func aPoolsOwnNumbersHaveNames(number: Int, name: String) throws {
    let (node, chain) = try Self.start()
    let extrinsic = try Self.sign(chain)
    node.answer(
      NodeRefusal(code: 1010, message: "Invalid Transaction", data: "Custom error: \(number)"))
    #expect {
      try chain.submit(extrinsic)
    } throws: {
      if case .refused(name, _)? = $0 as? ChainError { true } else { false }
    }
  }

  @Test func mechanismsHaveTheirOwnCallsAndPlaces() throws {
    let (node, _) = try Self.start()
    let chain = try node.client(mechanism: 2)
    #expect(chain.weightsIndex == 7 + 2 * 4_096)
    let extrinsic = try chain.makeExtrinsic(
      .setWeights(netuid: 7, weights: [UidWeight(uid: 0, weight: 65_535)], versionKey: 0), nonce: 0,
      signer: try Sample.signer(1))
    let metadata = try node.metadata
    let head = [
      try metadata.pallet("SubtensorModule").index,
      try metadata.call("SubtensorModule", "set_mechanism_weights").index, 7, 0, 2,
    ]
    // The call is what the extrinsic ends with.
    let tail = Array(extrinsic.bytes.suffix(head.count + 3 + 3 + 8))
    #expect(Array(tail.prefix(head.count)) == head)
  }

  @Test func preflightKnowsTheChainsNames() throws {
    let (node, chain) = try Self.start()
    let head = try chain.head()
    let stranger = try Sample.key(60)
    #expect(try chain.preflight(Self.call, by: stranger, at: head) == "AccountNotAllowedCommit")
    #expect(try chain.preflight(Self.call, by: try Sample.key(1), at: head) == nil)
    let weights = ChainCall.setWeights(
      netuid: 7, weights: [UidWeight(uid: 1, weight: 1)], versionKey: 0)
    let failure = try chain.preflight(weights, by: try Sample.key(1), at: head)
    #expect(failure == nil)
    try node.put("MaxSpace", of: "Commitments", .unsigned(150))
    try node.put(
      "UsedSpaceOf", [Sample.netuid, .account(Sample.key(1))], of: "Commitments",
      .structure(["last_epoch": .unsigned(0), "used_space": .unsigned(100)]))
    node.seal()
    let next = try chain.head()
    #expect(try chain.preflight(Self.call, by: try Sample.key(1), at: next) == "SpaceLimitExceeded")
    let register = ChainCall.register(
      netuid: 7, hotkey: stranger, burnMaximum: 10_000_000_000)
    #expect(
      try chain.preflight(register, by: try Sample.key(9), at: next) == "NotEnoughBalanceToStake")
    let again = ChainCall.register(
      netuid: 7, hotkey: try Sample.key(2), burnMaximum: 10_000_000_000)
    #expect(
      try chain.preflight(again, by: try Sample.key(9), at: next)
        == "HotKeyAlreadyRegisteredInSubNet")
  }
}
