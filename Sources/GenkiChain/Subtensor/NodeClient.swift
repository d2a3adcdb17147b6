import GenkiCore
import Synchronization

/// JSON-RPC calls to one chain over several nodes: the first that works is used until it fails.
///
/// A node that fails is left alone for a while, longer each time; nothing waits in here. A node is used
/// only after it has shown the chain's genesis hash.
public final class NodeClient: Sendable {
  /// Calls in one request at most.
  static let batchMaximum = 64
  /// The longest time that a failing node is left alone, in seconds.
  static let pauseSecondsMaximum = 60.0
  /// The longest time that a node may ask for, in seconds.
  static let retryAfterSecondsMaximum = 600.0

  private struct Node {
    var failures = 0
    var notBefore = 0.0
    var lastReason = ""
    var trouble: NodeStatus.Trouble?
    var isVerified = false
    var takesBatches = true
    var traffic = NodeTraffic()
  }

  private struct State {
    var nodes: [Node]
    var current = 0
    var genesis: ContentDigest?
    var nextID: Int64 = 1
  }

  private let transports: [any NodeTransport]
  private let now: @Sendable () -> Double
  private let state: Mutex<State>

  /// - Parameters:
  ///   - transports: The nodes in the order of preference; at least one.
  ///   - genesis: The chain that is expected; nil takes that of the first node that answers.
  ///   - now: Seconds on any clock that does not stop.
  public init(
    _ transports: [any NodeTransport], genesis: ContentDigest?,
    now: @escaping @Sendable () -> Double
  ) {
    self.transports = transports
    self.now = now
    state = Mutex(
      State(nodes: [Node](repeating: Node(), count: transports.count), genesis: genesis))
  }

  /// The node in use, for messages.
  public var name: String {
    let current = state.withLock { $0.current }
    return current < transports.count ? transports[current].name : "no node"
  }

  /// How the nodes do, in the order of preference.
  public var nodes: [NodeStatus] {
    let now = now()
    let (nodes, current) = state.withLock { ($0.nodes, $0.current) }
    return zip(transports, nodes).enumerated().map { index, pair in
      let (transport, node) = pair
      return NodeStatus(
        name: transport.name, isCurrent: index == current, isVerified: node.isVerified,
        trouble: node.trouble, reason: node.lastReason, failures: node.failures,
        secondsLeftAlone: max(0, node.notBefore - now), traffic: node.traffic)
    }
  }

  /// The chain's genesis hash.
  public func genesis() throws -> ContentDigest {
    if let known = state.withLock({ state in
      state.nodes.contains { $0.isVerified } ? state.genesis : nil
    }) {
      return known
    }
    _ = try call("chain_getBlockHash", [.integer(0)])
    guard let known = state.withLock({ $0.genesis }) else {
      throw ChainError.damaged(source: name, reason: "the node has no genesis block")
    }
    return known
  }

  /// Calls one method.
  ///
  /// - Throws: ``NodeRefusal`` for an answer that says so; `ChainError.unreachable` if no node answers,
  ///   `ChainError.otherGenesis` if only nodes of another chain do.
  public func call(_ method: String, _ parameters: [JSONValue] = []) throws -> JSONValue {
    let results = try call([NodeCall(method, parameters)])
    guard let result = results.first else {
      throw ChainError.damaged(source: name, reason: "no answer came for \(method)")
    }
    return try result.get()
  }

  /// Calls methods of one node in as few requests as it allows; the answers in the calls' order.
  ///
  /// What only reads is asked for once more before all is given up: most failures of a connection end
  /// with it. What submits is not: its caller looks first what became of it.
  public func call(_ calls: [NodeCall]) throws -> [Result<JSONValue, NodeRefusal>] {
    var wrongChain: ChainError?
    var again = calls.contains { $0.method == Self.submission } ? 0 : 1
    var asked = order()
    while !asked.isEmpty {
      var broken: [Int] = []
      for index in asked {
        do {
          try verify(index)
          let results = try send(calls, to: index)
          note(success: index)
          return results
        } catch NodeFailure.outOfTime {
          throw ChainError.unreachable(
            source: transports[index].name, reason: "the time for the answer is over")
        } catch let failure as NodeFailure {
          note(failure: failure, of: index, failure.trouble)
          if failure.mayEndAtOnce { broken.append(index) }
        } catch let error as ChainError {
          note(failure: .badAnswer(reason: error.why), of: index, .otherChain)
          wrongChain = error
        }
      }
      asked = again > 0 ? broken : []
      again -= 1
    }
    if let wrongChain { throw wrongChain }
    throw unreachable()
  }

  /// The method that changes something.
  private static let submission = "author_submitExtrinsic"

  /// Tells that the node in use lags behind or contradicts itself: the next call asks another.
  public func distrust(_ reason: String) {
    note(failure: .badAnswer(reason: reason), of: state.withLock { $0.current }, .behind)
  }

  /// The node in use first, then the others in their order; those that are left alone are not asked.
  private func order() -> [Int] {
    let now = now()
    return state.withLock { state in
      let all = Array(state.nodes.indices)
      let turned = all.filter { $0 == state.current } + all.filter { $0 != state.current }
      return turned.filter { state.nodes[$0].notBefore <= now }
    }
  }

  private func verify(_ index: Int) throws {
    let (isVerified, expected) = state.withLock { ($0.nodes[index].isVerified, $0.genesis) }
    if isVerified { return }
    let answer = try send([NodeCall("chain_getBlockHash", [.integer(0)])], to: index)
    guard case .success(let value)? = answer.first, let text = value.stringValue,
      let genesis = HexBytes.digest(text)
    else { throw NodeFailure.badAnswer(reason: "the node shows no genesis block") }
    guard expected == nil || expected == genesis else {
      throw ChainError.otherGenesis(
        path: transports[index].name,
        reason: "it serves the chain with genesis 0x\(genesis.hex), not 0x\(expected?.hex ?? "")")
    }
    state.withLock {
      $0.genesis = genesis
      $0.nodes[index].isVerified = true
    }
  }

  private func send(
    _ calls: [NodeCall], to index: Int
  ) throws -> [Result<JSONValue, NodeRefusal>] {
    var results: [Result<JSONValue, NodeRefusal>] = []
    while results.count < calls.count {
      let takesBatches = state.withLock { $0.nodes[index].takesBatches }
      let part = Array(calls.dropFirst(results.count).prefix(takesBatches ? Self.batchMaximum : 1))
      let firstID = state.withLock { state in
        defer { state.nextID += Int64(part.count) }
        return state.nextID
      }
      let body = try post(NodeWire.body(part, firstID: firstID), to: index)
      do {
        results += try NodeWire.answers(body, count: part.count, firstID: firstID)
      } catch let failure as NodeRefusal {
        // A node may forbid batches; it says so with one error for all.
        guard part.count > 1 else {
          throw NodeFailure.badAnswer(reason: failure.reason)
        }
        state.withLock { $0.nodes[index].takesBatches = false }
      }
    }
    return results
  }

  private func post(_ body: [UInt8], to index: Int) throws -> [UInt8] {
    if let left = NodeDeadline.secondsLeft, left <= 0 { throw NodeFailure.outOfTime }
    state.withLock {
      $0.nodes[index].traffic.requests += 1
      $0.nodes[index].traffic.bytesSent += UInt64(body.count)
    }
    let answer = try transports[index].post(body)
    state.withLock { $0.nodes[index].traffic.bytesReceived += UInt64(answer.count) }
    return answer
  }

  private func note(success index: Int) {
    state.withLock { state in
      state.current = index
      state.nodes[index].failures = 0
      state.nodes[index].notBefore = 0
      state.nodes[index].lastReason = ""
      state.nodes[index].trouble = nil
    }
  }

  private func note(failure: NodeFailure, of index: Int, _ trouble: NodeStatus.Trouble) {
    let now = now()
    state.withLock { state in
      guard state.nodes.indices.contains(index) else { return }
      var node = state.nodes[index]
      node.failures += 1
      node.isVerified = false
      node.lastReason = failure.reason
      node.trouble = trouble
      node.traffic.failures += 1
      var pause = min(Double(1 << min(node.failures - 1, 6)), Self.pauseSecondsMaximum)
      if case .busy(_, let asked?) = failure {
        pause = max(pause, min(asked, Self.retryAfterSecondsMaximum))
      }
      node.notBefore = now + pause
      state.nodes[index] = node
      if state.current == index {
        state.current = (index + 1) % state.nodes.count
      }
    }
  }

  private func unreachable() -> ChainError {
    let nodes = state.withLock { $0.nodes }
    let reasons = zip(transports, nodes).map { "\($0.name): \($1.lastReason)" }
    return .unreachable(
      source: transports.count == 1 ? transports[0].name : "\(transports.count) nodes",
      reason: transports.count == 1
        ? nodes.first?.lastReason ?? "" : reasons.joined(separator: "; "))
  }
}
