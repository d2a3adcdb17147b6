import GenkiChain
import GenkiCore
import Synchronization
import Testing

/// Calls to several nodes: failover, identity, batches, answers that make no sense.
struct NodeClientTests {
  private struct Unscripted: Error {}

  private static func node(_ name: String, _ answers: [String: JSONValue]) -> ScriptedNode {
    ScriptedNode(name) { method, _ in
      guard let answer = answers[method] else { throw Unscripted() }
      return answer
    }
  }

  private static func client(
    _ nodes: [ScriptedNode], genesis: ContentDigest? = nil, clock: SettableClock = SettableClock()
  ) -> NodeClient {
    NodeClient(nodes, genesis: genesis) { clock.now }
  }

  /// Gives up a number of times, then answers.
  private static func failing(
    _ name: String, times: Int, with failure: NodeFailure, answer: JSONValue = "well"
  ) -> ScriptedNode {
    let left = Mutex(times)
    return ScriptedNode(name) { method, _ in
      guard method != "chain_getBlockHash" else { throw Unscripted() }
      let fails = left.withLock { left in
        defer { left -= 1 }
        return left > 0
      }
      if fails { throw failure }
      return answer
    }
  }

  @Test func theSecondNodeAnswersWhenTheFirstFails() throws {
    let first = Self.failing("first", times: 9, with: .unreachable(reason: "it is off"))
    let second = Self.node("second", ["x": "yes"])
    let client = Self.client([first, second])
    #expect(try client.call("x") == "yes")
    #expect(client.name == "second")
    // The first one is left alone now.
    #expect(try client.call("x") == "yes")
    #expect(first.methods.count == 1)
    #expect(second.methods.count == 2)
  }

  @Test func aReadIsAskedOnceMore() throws {
    let node = Self.failing("node", times: 1, with: .badAnswer(reason: "half of it"))
    let client = Self.client([node])
    #expect(try client.call("x") == "well")
    #expect(node.methods == ["x", "x"])
    // It has answered: nothing of the failure is left.
    #expect(try client.call("x") == "well")
  }

  @Test func aSubmissionIsNot() throws {
    let node = Self.failing("node", times: 1, with: .unreachable(reason: "no answer came"))
    let client = Self.client([node])
    #expect(throws: ChainError.unreachable(source: "node", reason: "no answer came")) {
      try client.call("author_submitExtrinsic", ["0x00"])
    }
    #expect(node.methods == ["author_submitExtrinsic"])
  }

  @Test(arguments: [
    NodeFailure.busy(reason: "later", retryAfterSeconds: 30),
    .timedOut(reason: "nothing moved for 60 seconds"),
  ]) func aBusyNodeIsLeftAlone(failure: NodeFailure) throws {
    let clock = SettableClock()
    let node = Self.failing("node", times: 1, with: failure)
    let client = Self.client([node], clock: clock)
    #expect(throws: ChainError.self) { try client.call("x") }
    #expect(node.methods.count == 1)
    let pause = if case .busy = failure { 30.0 } else { 1.0 }
    clock.advance(pause - 0.5)
    #expect(throws: ChainError.self) { try client.call("x") }
    #expect(node.methods.count == 1)
    clock.advance(1)
    #expect(try client.call("x") == "well")
  }

  @Test func aBusyNodeCannotAskForEver() throws {
    let clock = SettableClock()
    let node = Self.failing("node", times: 1, with: .busy(reason: "", retryAfterSeconds: 1e12))
    let client = Self.client([node], clock: clock)
    #expect(throws: ChainError.self) { try client.call("x") }
    clock.advance(601)
    #expect(try client.call("x") == "well")
  }

  @Test func aNodeOfAnotherChainIsNotAsked() throws {
    let other = ContentDigest(bytes: [UInt8](repeating: 9, count: 32))
    let node = Self.node("node", ["x": "yes"])
    let client = Self.client([node], genesis: other)
    #expect {
      try client.call("x")
    } throws: {
      guard case .otherGenesis("node", let reason)? = $0 as? ChainError else { return false }
      return reason.contains("0707")
    }
    #expect(node.methods.isEmpty)
  }

  @Test func allNodesMustServeOneChain() throws {
    let first = Self.node("first", ["x": "yes"])
    let second = Self.node(
      "second", ["chain_getBlockHash": .string("0x" + String(repeating: "12", count: 32))])
    let client = Self.client([first, second])
    #expect(try client.call("x") == "yes")
    client.distrust("a test says so")
    #expect(throws: ChainError.self) { try client.call("x") }
    #expect(second.methods.isEmpty)
  }

  @Test func answersOfABatchComeInTheOrderOfTheCalls() throws {
    let node = ScriptedNode("node") { _, parameters in parameters.first ?? .null }
    let calls = (0..<150).map { NodeCall("echo", [JSONValue($0)]) }
    let results = try Self.client([node]).call(calls)
    #expect(try results.map { try $0.get() } == (0..<150).map { JSONValue($0) })
  }

  @Test func aNodeWithoutBatchesIsAskedOneByOne() throws {
    let node = ScriptedNode("node", takesBatches: false) { _, parameters in
      parameters.first ?? .null
    }
    let client = Self.client([node])
    let calls = (0..<5).map { NodeCall("echo", [JSONValue($0)]) }
    #expect(try client.call(calls).map { try $0.get() } == (0..<5).map { JSONValue($0) })
    #expect(node.methods.count == 5)
  }

  @Test func aRefusalIsAnAnswer() throws {
    let refusal = NodeRefusal(code: 4003, message: "Client error", data: "State already discarded")
    let node = ScriptedNode("node") { _, _ in throw refusal }
    let client = Self.client([node])
    #expect(throws: refusal) { try client.call("x") }
    #expect(refusal.isStateDiscarded && !refusal.isUnknownBlock)
    #expect(node.methods.count == 1)
  }

  @Test(arguments: [
    "", "null", "[]", "{}", "7", #"{"jsonrpc":"2.0","id":99,"result":1}"#,
    #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","id":1,"error":{}}"#, "<html>", "{\"id\":1",
    #"[{"jsonrpc":"2.0","id":1,"result":1}]"#,
  ]) func whatIsNoAnswerFails(text: String) throws {
    struct Garbage: NodeTransport {
      let text: String
      var name: String { "node" }
      func post(_ body: [UInt8]) -> [UInt8] { Array(text.utf8) }
    }
    let client = NodeClient([Garbage(text: text)], genesis: nil) { 0 }
    #expect(throws: ChainError.self) { try client.call("x") }
  }
}
