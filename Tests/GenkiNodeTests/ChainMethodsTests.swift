import GenkiChain
import GenkiCore
import GenkiHub
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiService
import GenkiStore
import Synchronization
import TestSupport
import Testing

/// `chain.*` and `wallet.show` over a scripted node and over the embedded chain; every result is held
/// against the served schema.
@Suite struct ChainMethodsTests {
  /// A daemon's methods without the daemon.
  private struct Bench {
    let folder: TemporaryFolder
    let context: NodeContext
    let clock = MovableClock()
    let table: RPCMethodTable

    init(_ chain: any Chain, kind: ChainSection.Kind, hotkey: UInt16 = 1) throws {
      folder = try TemporaryFolder()
      let clock = clock
      context = NodeContext(
        chain: chain, hub: try DirectoryHub(path: folder.file("hub"), account: "me"),
        store: try Store(path: folder.file("state.sqlite"), role: .validator),
        signer: BlankSigner(try ScriptedSubnet.key(hotkey)),
        cache: try ModelCache(folder: folder.file("cache"), bytesMaximum: 1 << 20),
        workFolder: folder.path, now: { clock.now })
      var configuration = ValidatorConfiguration.scripted(kind)
      configuration.wallet.path = folder.file("wallets")
      let methods = ChainMethods(
        context, wallet: configuration.wallet, chain: configuration.chain, role: .validator,
        uid: { 3 })
      var table = RPCMethodTable(methods.endpoints, title: "test", version: "0")
      table.validatesResults = true
      self.table = table
    }

    func call(_ method: String, _ parameters: String = "{}") throws -> JSONValue {
      let request =
        #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(parameters)}"#
      let caller = RPCCaller(peer: RPCPeer(process: 1, user: 2, group: 3), access: .read)
      let text = try #require(table.answer(Array(request.utf8), from: caller).text)
      #expect(text.count < 1 << 20)
      return try JSONValue.parse(text, source: "answer")
    }

    func result(_ method: String, _ parameters: String = "{}") throws -> JSONValue {
      let answer = try call(method, parameters)
      return try #require(answer["result"], "\(answer.encoded())")
    }
  }

  private func subtensor(_ nodes: [ScriptedNode]) throws -> SubtensorChain {
    try SubtensorChain(
      nodes, netuid: ScriptedSubnet.netuid, notebook: PassingNotebook(), now: { 0 })
  }

  @Test func statusShowsNodesBlocksAndSettings() throws {
    let node = try ScriptedNode()
    _ = try ScriptedSubnet(node)
    let bench = try Bench(try subtensor([node]), kind: .subtensor)
    let status = try bench.result("chain.status")
    #expect(status["is_reachable"] == true)
    #expect(status["error"] == .null)
    #expect(status["node"] == "http://node")
    #expect(status["nodes"]?.arrayValue?.count == 1)
    #expect(status["genesis"] == .string(ScriptedNode.genesis))
    #expect(status["spec_version"] == 393)
    #expect(status["block"] == 1_000)
    #expect(status["head_age_seconds"]?.doubleValue == 10)
    #expect(status["members"] == 2)
    #expect(status["members_maximum"] == 4_096)
    #expect(status["commit_reveal"] == false)
    #expect(status["burn_rao"] == 500_000)
    // (1000 + 7 + 1) / 21 = 48 exactly: the next one begins 21 blocks later.
    #expect(status["epoch"] == 48)
    #expect(status["blocks_to_next_epoch"] == 21)
  }

  @Test func statusAnswersWhileNoNodeDoes() throws {
    let node = try ScriptedNode()
    node.fail(.timedOut(reason: "it is gone"))
    let bench = try Bench(try subtensor([node]), kind: .subtensor)
    let status = try bench.result("chain.status")
    #expect(status["is_reachable"] == false)
    #expect(status["error"]?.stringValue?.contains("it is gone") == true)
    #expect(status["block"] == .null)
    let shown = status["nodes"]?.arrayValue?.first
    #expect(shown?["trouble"] == "unreachable")
    #expect(shown?["is_usable"] == false)
    #expect(shown?["usable_again_at"]?.doubleValue == bench.clock.now + 1)
    for method in ["chain.metagraph", "chain.commitments", "chain.fees"] {
      let error = try bench.call(method)["error"]
      #expect(error?["data"]?["name"] == "chain_unreachable", "\(method)")
    }
    // What the daemon did itself needs no node.
    #expect(try bench.result("chain.extrinsics")["items"] == [])
  }

  @Test func aSubnetThatIsNotThereIsRefused() throws {
    let bench = try Bench(try subtensor([try ScriptedNode()]), kind: .subtensor)
    let status = try bench.result("chain.status")
    #expect(status["is_reachable"] == true)
    #expect(status["error"]?.stringValue?.contains("SubnetNotExists") == true)
    #expect(try bench.call("chain.fees")["error"]?["data"]?["name"] == "chain_refused")
  }

  @Test func largeSubnetsComeInPages() throws {
    let node = try ScriptedNode()
    _ = try ScriptedSubnet(node, members: 600)
    let bench = try Bench(try subtensor([node]), kind: .subtensor)
    var uids: [Int] = []
    var offset: Int? = 0
    while let next = offset {
      let page = try bench.result("chain.metagraph", #"{"limit":250,"offset":\#(next)}"#)
      #expect(page["total"] == 600)
      uids += (page["items"]?.arrayValue ?? []).compactMap { $0["uid"]?.intValue }
      offset = page["next_offset"]?.intValue
    }
    #expect(uids == Array(0..<600))
    let first = try bench.result("chain.metagraph", #"{"limit":1,"weights":true}"#)
    #expect(first["items"]?.arrayValue?.first?["weights"] == [])
    #expect(first["items"]?.arrayValue?.first?["validator_permit"] == true)
    #expect(try bench.result("chain.metagraph", #"{"offset":9999}"#)["next_offset"] == .null)
  }

  @Test func commitmentsSayWhatTheyAre() throws {
    let node = try ScriptedNode()
    let subnet = try ScriptedSubnet(node)
    let submission = try SubmissionCommitment(
      basePrefix: [UInt8](repeating: 1, count: 8), revision: [UInt8](repeating: 2, count: 20),
      boundHash: [UInt8](repeating: 3, count: 24), repository: "a/b")
    try subnet.commit(0, "hello\u{1B}")
    try subnet.commit(1, String(decoding: submission.encoded(), as: UTF8.self))
    let bench = try Bench(try subtensor([node]), kind: .subtensor)
    let items = try bench.result("chain.commitments")["items"]?.arrayValue
    #expect(items?.map { $0["kind"] } == ["other", "submission"])
    #expect(items?.map { $0["block"] } == [900, 901])
    #expect(items?.map { $0["extrinsic_index"] } == [.null, .null])
  }

  @Test(arguments: [false, true]) func feesAreAskedWithoutAGoodSignature(reveals: Bool) throws {
    let node = try ScriptedNode()
    _ = try ScriptedSubnet(node, commitReveal: reveals)
    node.on("payment_queryInfo") { parameters in
      // 64 zeros after the kind of the signature.
      let text = parameters.first?.stringValue ?? ""
      #expect(text.contains("01" + String(repeating: "0", count: 128)))
      return ["partialFee": "1234"]
    }
    let owner = ScaleValue.account(try ScriptedSubnet.key(10_001))
    let account = try #require(
      try node.metadata.storageValue(
        of: try node.metadata.storage("System", "Account"), nil))
    try node.put("System", "Account", [owner], account)
    let bench = try Bench(try subtensor([node]), kind: .subtensor)
    let fees = try bench.result("chain.fees")
    let items = fees["items"]?.arrayValue ?? []
    #expect(
      items.map { $0["call"] }
        == (reveals
          ? ["set_commitment", "commit_weights", "reveal_weights", "register"]
          : ["set_commitment", "set_weights", "register"]))
    #expect(items.last?["total_rao"] == 501_234)
    #expect(items.last?["is_affordable"] == false)
    #expect(fees["coldkey"]?["address"] == .string(try ScriptedSubnet.key(10_001).description))
  }

  @Test func theJournalIsShownNewestFirst() throws {
    let node = try ScriptedNode()
    let bench = try Bench(try subtensor([node]), kind: .subtensor)
    try bench.context.store.write { transaction in
      for number in 1...3 as ClosedRange<UInt8> {
        let extrinsic = Extrinsic(
          hash: SHA256Hasher.digest(of: [number]), bytes: [number],
          signer: bench.context.hotkey, nonce: UInt64(number), lastBlock: 64, specVersion: 393)
        var sent = SentExtrinsic(extrinsic, purpose: .weights, subject: "r\(number)")
        if number == 2 {
          sent.state = .failed
          sent.failure = "SettingWeightsTooFast"
          sent.failureText = "too fast"
          sent.block = 77
        }
        try transaction.save(sent)
      }
    }
    let items = try bench.result("chain.extrinsics")["items"]?.arrayValue
    #expect(items?.map { $0["nonce"] } == [3, 2, 1])
    let failed = try bench.result("chain.extrinsics", #"{"state":"failed"}"#)["items"]?.arrayValue
    #expect(failed?.map { $0["failure"] } == ["SettingWeightsTooFast"])
    #expect(failed?.first?["block"] == 77)
    let page = try bench.result("chain.extrinsics", #"{"limit":1,"offset":2}"#)
    #expect(page["items"]?.arrayValue?.map { $0["nonce"] } == [1])
    let health = ChainHealth(bench.context.chain, now: bench.context.now)
    let figures = try health.metrics(bench.context.store)
    #expect(figures.first { $0.name == "genki_extrinsics_signed" }?.value == 2)
    #expect(figures.first { $0.name == "genki_extrinsics_failed" }?.value == 1)
    #expect(figures.contains { $0.name == "genki_chain_requests" })
  }

  @Test func theEmbeddedChainAnswersWhatApplies() throws {
    let folder = try TemporaryFolder()
    let chain = try LocalChain(
      path: folder.file("ledger.sqlite"), netuid: ScriptedSubnet.netuid,
      settings: LocalChainSettings(), blockSeconds: 0, now: { 0 })
    let bench = try Bench(chain, kind: .local)
    let status = try bench.result("chain.status")
    #expect(status["is_reachable"] == true)
    #expect(status["nodes"] == [])
    #expect(status["node"] == .null)
    #expect(status["spec_version"] == .null)
    #expect(status["tempo"] == 360)
    #expect(status["genesis"]?.stringValue?.count == 64)
    for method in ["chain.metagraph", "chain.commitments", "chain.extrinsics", "chain.check"] {
      #expect(try bench.result(method)["items"] == [], "\(method)")
    }
    let fees = try bench.result("chain.fees")
    #expect(fees["items"]?.arrayValue?.first?["fee_rao"] == 0)
    #expect(fees["hotkey"]?["free_rao"] == .null)
    let wallet = try bench.result("wallet.show")
    #expect(wallet["uid"] == 3)
    #expect(wallet["coldkey"] == .null)
  }

  @Test func callersAreFewAtATime() throws {
    let node = try ScriptedNode()
    _ = try ScriptedSubnet(node)
    let bench = try Bench(try subtensor([node]), kind: .subtensor)
    let seen = Mutex<[String]>([])
    // A node that calls back in stands for as many callers who wait for it.
    node.on("chain_getFinalizedHead") { _ in
      let name = try bench.call("chain.metagraph")["error"]?["data"]?["name"]?.stringValue
      seen.withLock { $0.append(name ?? "no error") }
      return .string("0x\(ScriptedNode.block)")
    }
    #expect(try bench.call("chain.metagraph")["error"] == nil)
    #expect(seen.withLock { $0 } == ["busy", "no error", "no error"])
    node.on("chain_getFinalizedHead") { _ in .string("0x\(ScriptedNode.block)") }
    // Whoever asks how the nodes do is told also while nobody may ask them.
    let places = Mutex<[JSONValue]>([])
    node.on("chain_getFinalizedHead") { _ in
      let status = try bench.result("chain.status")
      places.withLock { $0.append(status["is_reachable"] ?? "nothing") }
      return .string("0x\(ScriptedNode.block)")
    }
    _ = try bench.call("chain.metagraph")
    #expect(places.withLock { $0 } == [.null, true, true])
    node.on("chain_getFinalizedHead") { _ in .string("0x\(ScriptedNode.block)") }
    // Whoever was refused holds no place.
    #expect(try bench.result("chain.status")["node"] == "http://node")
  }
}
