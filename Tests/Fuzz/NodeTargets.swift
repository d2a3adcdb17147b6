import GenkiCore
import Synchronization

/// Answers as they come, single and in batches, matched to their calls.
enum WireTarget: FuzzTarget {
  static func seeds() throws -> [[UInt8]] {
    let answers = [
      #"{"jsonrpc":"2.0","id":1,"result":"0x00"}"#,
      #"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"m","data":{"a":1}}}"#,
      #"[{"jsonrpc":"2.0","id":2,"result":null},{"jsonrpc":"2.0","id":1,"result":[]}]"#,
      #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batches are not supported"}}"#,
    ]
    return answers.flatMap { text in
      (0..<4).map { [$0] + Array(text.utf8) }
    }
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let choice = input.byte()
    let count = 1 + Int(choice & 3)
    let answers = try NodeWire.answers(input.rest(), count: count, firstID: 1)
    expect(answers.count == count, "\(answers.count) answers for \(count) calls")
    for case .failure(let refusal) in answers {
      _ = (refusal.reason, refusal.isStateDiscarded, refusal.isUnknownBlock)
      expect(
        refusal.message.utf8.count <= 8_000, "a message of \(refusal.message.utf8.count) bytes")
      expect(refusal.data.utf8.count <= 8_000, "data of \(refusal.data.utf8.count) bytes")
      _ = SubmissionVerdict(refusal)
    }
  }
}

/// The whole client of a subnet over nodes that lie: four bytes choose what is asked, the rest is how the
/// nodes answer.
enum NodeTarget: FuzzTarget {
  private static let operations = 4

  static func seeds() throws -> [[UInt8]] {
    var random = DeterministicRandom(seed: 3, domain: "fuzz node")
    // Bytes below 200 are honest envelopes: with others few answers would get through.
    return (0..<400).map { index in
      (0..<operations).map { _ in UInt8(random.next(below: 256)) }
        + (0..<(100 + index * 2)).map { _ in UInt8(random.next(below: index % 8 == 0 ? 256 : 210)) }
    }
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let asked = (0..<operations).map { _ in input.byte() }
    let tape = FuzzTape(input)
    let clock = FuzzClock()
    let nodes = asked[0] & 1 == 0 ? ["only"] : ["first", "second"]
    let chain = try SubtensorChain(
      nodes.map { FuzzNode($0, tape) }, netuid: 1, mechanism: asked[0] >> 7,
      notebook: PassingNotebook(), now: clock.seconds)
    let signer = try FuzzSigner()
    var block = try chain.head()
    for operation in asked.dropFirst() {
      do {
        try perform(operation, chain, signer, &block)
      } catch let error as any ReportableError {
        _ = error.description
        if let error = error as? ChainError { _ = error.isTransient }
      }
    }
  }

  private static func perform(
    _ operation: UInt8, _ chain: SubtensorChain, _ signer: FuzzSigner,
    _ block: inout BlockReference
  ) throws {
    let hotkey = signer.address
    let weights = [UidWeight(uid: 0, weight: 65_535), UidWeight(uid: 1, weight: 9)]
    let hash = try UnsignedExtrinsic.hash(of: FuzzNode.extrinsic)
    let calls: [ChainCall] = [
      .setCommitment(netuid: 1, bytes: [1, 2]),
      .setWeights(netuid: 1, weights: weights, versionKey: 1),
      .commitWeights(netuid: 1, hash: hash),
      .revealWeights(netuid: 1, weights: weights, salt: [1], versionKey: 1),
      .register(netuid: 1, hotkey: hotkey, burnMaximum: 1_000),
    ]
    let call = calls[Int(operation >> 5) % calls.count]
    let extrinsic = Extrinsic(
      hash: hash, bytes: FuzzNode.extrinsic, signer: hotkey, nonce: 3,
      lastBlock: block.number &+ UInt64(operation >> 4), specVersion: 393)
    switch operation & 15 {
    case 0: block = try chain.head()
    case 1: block = try chain.finalizedHead()
    case 2: _ = try chain.subnet(at: block).epoch(of: block.number, netuid: 1)
    case 3: _ = try chain.metagraph(at: block).neuron(of: hotkey)
    case 4: _ = try chain.neuron(of: hotkey, at: block)
    case 5, 6: _ = try chain.commitments(at: block, from: operation < 128 ? 0 : block.number)
    case 7: _ = try chain.commitment(of: hotkey, at: block)
    case 8: _ = try chain.weightCommits(of: hotkey, at: block)
    case 9, 10: _ = try chain.preflight(call, by: hotkey, at: block)
    case 11:
      try chain.observe(block)
      _ = try chain.nextNonce(of: hotkey)
    case 12: _ = try chain.makeExtrinsic(call, nonce: .max, signer: signer)
    case 13: try chain.submit(extrinsic)
    case 14: _ = try chain.outcome(of: extrinsic)
    default: _ = try chain.fee(of: call, signer: signer)
    }
  }
}

/// A clock on which every look is long after the last: no node stays left alone.
private final class FuzzClock: Sendable {
  private let now = Mutex(0.0)

  func seconds() -> Double {
    now.withLock { now in
      now += 1_000
      return now
    }
  }
}

/// Signs with zeros: what is read is at stake, not what is signed.
private struct FuzzSigner: Signer {
  let address: SS58Address

  init() throws { address = try SS58Address(publicKey: [UInt8](repeating: 0, count: 32)) }

  func signature(over payload: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 64) }
}
