import GenkiChain
import GenkiCore
import Synchronization
import Testing

/// What nodes tell of themselves, and how long a question may take.
@Suite struct NodeClientTests {
  private let clock = MovableClock()

  private func client(_ nodes: [ScriptedNode]) -> NodeClient {
    NodeClient(nodes, genesis: nil, now: { [clock] in clock.now })
  }

  @Test func aFailingNodeIsLeftAloneAndTheOtherIsUsed() throws {
    let (first, second) = (try ScriptedNode("http://a"), try ScriptedNode("http://b"))
    let client = client([first, second])
    _ = try client.call("system_health")
    #expect(client.nodes.map(\.isCurrent) == [true, false])
    first.fail(.busy(reason: "429", retryAfterSeconds: 30))
    _ = try client.call("system_health")
    let nodes = client.nodes
    #expect(client.name == "http://b")
    #expect(nodes.map(\.isCurrent) == [false, true])
    #expect(nodes.map(\.isVerified) == [false, true])
    #expect(nodes[0].trouble == .busy)
    #expect(nodes[0].reason == "429")
    #expect(nodes[0].secondsLeftAlone == 30)
    #expect(!nodes[0].isUsable)
    #expect(nodes[1].trouble == nil)
    clock.advance(31)
    #expect(client.nodes[0].isUsable)
  }

  @Test func trafficIsCountedForEachNode() throws {
    let node = try ScriptedNode()
    let client = client([node])
    _ = try client.call("system_health")
    // The genesis block is asked for once, before the first call.
    #expect(client.nodes[0].traffic.requests == 2)
    #expect(client.nodes[0].traffic.failures == 0)
    #expect(client.nodes[0].traffic.bytesSent > 100)
    #expect(client.nodes[0].traffic.bytesReceived > 100)
    node.fail(.timedOut(reason: "gone"))
    #expect(throws: ChainError.self) { try client.call("system_health") }
    #expect(client.nodes[0].traffic.requests == 3)
    #expect(client.nodes[0].traffic.failures == 1)
    // While it is left alone nothing is sent.
    #expect(throws: ChainError.self) { try client.call("system_health") }
    #expect(node.posts == 3)
  }

  @Test func aNodeOfAnotherChainIsNamedAsSuch() throws {
    let other = try ScriptedNode("http://b", genesis: String(repeating: "77", count: 32))
    let first = try ScriptedNode("http://a")
    let client = client([first, other])
    _ = try client.call("system_health")
    first.fail(.timedOut(reason: "gone"))
    let error = #expect(throws: ChainError.self) { try client.call("system_health") }
    #expect(error?.isTransient == false)
    #expect(client.nodes[1].trouble == .otherChain)
    #expect(client.nodes[1].reason.contains("7777"))
  }

  @Test func aQuestionEndsWithItsOwnTimeAndBlamesNoNode() throws {
    let node = try ScriptedNode()
    let client = client([node])
    _ = try client.call("system_health")
    let posts = node.posts
    let late = #expect(throws: ChainError.self) {
      try NodeDeadline.within(seconds: -1) { try client.call("system_health") }
    }
    #expect(late?.isTransient == true)
    #expect(node.posts == posts)
    node.fail(.outOfTime)
    #expect(throws: ChainError.self) { try client.call("system_health") }
    #expect(client.nodes[0].trouble == nil)
    #expect(client.nodes[0].isUsable)
    node.fail(nil)
    // Inside of another question the shorter time holds.
    try NodeDeadline.within(seconds: 60) { _ = try client.call("system_health") }
    #expect(throws: ChainError.self) {
      try NodeDeadline.within(seconds: -1) {
        try NodeDeadline.within(seconds: 60) { try client.call("system_health") }
      }
    }
  }

  @Test func namesThatARuntimeLacksAreFound() throws {
    let whole = try SubtensorNames(of: try ScriptedNode().metadata, mechanism: 0)
    #expect(whole.missing == [])
    #expect(try SubtensorNames(of: try ScriptedNode().metadata, mechanism: 1).missing == [])
    let poor = try ScriptedNode(rename: [
      "CommitmentOf": "CommitmentXx", "reveal_weights": "unveil_weights",
      "TaoWeight": "TaoWaight",
    ])
    let names = try SubtensorNames(of: poor.metadata, mechanism: 0)
    #expect(names.missing.contains("storage Commitments.CommitmentOf"))
    #expect(names.missing.contains { $0.contains("reveal_weights") })
    #expect(names.absent.contains("storage SubtensorModule.TaoWeight"))
  }
}
