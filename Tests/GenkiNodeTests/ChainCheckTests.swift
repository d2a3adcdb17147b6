import GenkiChain
import GenkiCore
import GenkiNode
import GenkiService
import TestSupport
import Testing

/// What `check` finds on scripted nodes.
@Suite struct ChainCheckTests {
  private func findings(
    _ nodes: [ScriptedNode], genesis: String? = nil, hotkey: UInt16 = 1, now: Double? = nil
  ) throws -> [EnvironmentCheck.Finding] {
    let section = ValidatorConfiguration.scripted(.subtensor, urls: nodes.map(\.name)).chain
    var check = EnvironmentCheck()
    let time = now ?? ScriptedSubnet.time + 10
    ChainCheck(
      section, genesis: genesis.flatMap { ContentDigest(hex: $0) },
      hotkey: try ScriptedSubnet.key(hotkey), coldkey: try ScriptedSubnet.key(10_001),
      isValidator: true, now: { time },
      open: { name in
        try SubtensorChain(
          nodes.filter { $0.name == name }, netuid: ScriptedSubnet.netuid,
          notebook: PassingNotebook(), now: { 0 })
      }
    ).look(&check)
    return check.findings
  }

  private func finding(
    _ name: String, _ findings: [EnvironmentCheck.Finding]
  ) throws -> EnvironmentCheck.Finding {
    try #require(findings.first { $0.name == name }, "\(findings)")
  }

  @Test func aGoodChainHasNothingToSay() throws {
    let node = try ScriptedNode("http://a")
    _ = try ScriptedSubnet(node, commitReveal: true)
    let found = try findings([node], genesis: ScriptedNode.genesis)
    #expect(found.allSatisfy { $0.grade == .good }, "\(found)")
    #expect(
      found.map(\.name) == [
        "node http://a", "runtime", "clock", "subnet", "registration", "permit", "balance",
      ])
    let subnet = try finding("subnet", found).message
    #expect(subnet.contains("by their hash"))
    #expect(subnet.contains("BLS12-381"))
  }

  @Test func nodesOfOtherChainsAndSilentOnesAreNamed() throws {
    let good = try ScriptedNode("http://a")
    _ = try ScriptedSubnet(good)
    let other = try ScriptedNode("http://b", genesis: String(repeating: "77", count: 32))
    let silent = try ScriptedNode("http://c")
    silent.fail(.timedOut(reason: "no route"))
    let found = try findings([good, other, silent])
    #expect(try finding("node http://a", found).grade == .good)
    #expect(try finding("node http://b", found).grade == .failed)
    #expect(try finding("node http://c", found).grade == .warning)
    let alone = try findings([silent])
    #expect(alone.map(\.grade) == [.failed])
    // The state remembers another chain.
    let foreign = try findings([good], genesis: String(repeating: "11", count: 32))
    #expect(foreign.map(\.grade) == [.failed])
    #expect(foreign[0].message.contains("this state belongs to"))
  }

  @Test func clocksSyncingAndMissingRightsAreWarnings() throws {
    let node = try ScriptedNode("http://a")
    _ = try ScriptedSubnet(node)
    node.on("system_health") { _ in ["isSyncing": true] }
    let late = try findings([node], hotkey: 2, now: ScriptedSubnet.time + 100)
    #expect(try finding("node http://a", late).grade == .warning)
    #expect(try finding("clock", late).grade == .warning)
    #expect(try finding("registration", late).grade == .good)
    #expect(try finding("permit", late).grade == .warning)
    let slow = try finding("clock", findings([node], now: ScriptedSubnet.time - 40))
    #expect(slow.message.contains("slow"))
    #expect(try finding("registration", findings([node], hotkey: 99)).grade == .warning)
  }

  @Test func aRuntimeWithoutANameAndAChainWithoutTheSubnetFail() throws {
    let poor = try ScriptedNode("http://a", rename: ["WeightCommits": "WeightKommits"])
    _ = try ScriptedSubnet(poor)
    let runtime = try finding("runtime", findings([poor]))
    #expect(runtime.grade == .failed)
    #expect(runtime.message.contains("WeightCommits"))
    let empty = try findings([try ScriptedNode("http://b")])
    #expect(try finding("subnet", empty).grade == .failed)
  }

  @Test func problemsOfNodesShowInTheStatus() throws {
    let clock = MovableClock()
    let (first, second) = (try ScriptedNode("http://a"), try ScriptedNode("http://b"))
    let chain = try SubtensorChain(
      [first, second], netuid: ScriptedSubnet.netuid, notebook: PassingNotebook(),
      now: { clock.now })
    let health = ChainHealth(chain, now: { clock.now })
    let head = try chain.head()
    health.saw(head: head, final: head)
    #expect(health.problems(besides: []) == [])
    #expect(health.node == "http://a")
    first.fail(.timedOut(reason: "no route"))
    _ = try chain.head()
    #expect(health.node == "http://b")
    #expect(health.problems(besides: []).map(\.code) == ["chain_node_unreachable"])
    let known = Problem("chain_unreachable", "all are gone", advice: "wait")
    #expect(health.problems(besides: [known]) == [])
    clock.advance(200)
    #expect(health.problems(besides: []).map(\.code) == ["chain_stalled"])
    health.saw(head: BlockReference(number: head.number + 1, hash: head.hash), final: head)
    #expect(health.problems(besides: []) == [])
  }
}
