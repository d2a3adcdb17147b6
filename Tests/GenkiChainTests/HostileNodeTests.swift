import GenkiChain
import GenkiCore
import Synchronization
import Testing

/// Answers of nodes that no honest node gives: each gives an error or a value.
@Suite("hostile nodes")
struct HostileNodeTests {
  private static func subnet(
    tempo: UInt16 = 360, epochIndex: UInt64? = nil
  ) -> SubnetSettings {
    SubnetSettings(
      tempo: tempo, weightsRateLimit: .max, minimumWeights: 1, weightsVersionKey: 0,
      maximumWeightLimit: .max, stakeThreshold: 0, epochIndex: epochIndex)
  }

  @Test func theEpochOfAnyBlockIsANumber() {
    #expect(Self.subnet(tempo: 9).epoch(of: 20, netuid: 8) == 2)
    #expect(Self.subnet(tempo: 0).epoch(of: .max, netuid: 1) == .max)
    #expect(Self.subnet(tempo: .max).epoch(of: .max - 1, netuid: .max) == .max >> 16)
    #expect(Self.subnet(epochIndex: 7).epoch(of: .max, netuid: .max) == 7)
  }

  @Test func aCommitOfAnAbsurdBlockIsRead() throws {
    let (chain, node, hotkey) = try Self.chain()
    try node.hold("WeightCommits", [.unsigned(1), .account(hotkey)]) { writer in
      writer.append(count: 1)
      writer.append([UInt8](repeating: 5, count: 32))
      // Block, first and last block of the reveal, as older runtimes wrote them.
      for number in [UInt64.max, 1, 2] { writer.append(integer: number) }
    }
    let commits = try chain.weightCommits(of: hotkey, at: try chain.head())
    #expect(commits.map(\.block) == [.max])
  }

  @Test(arguments: [(UInt64.max, true), (3_000, true), (2_950, false)])
  func theSpaceOfCommitmentsIsComparedWithoutOverflow(used: UInt64, isTooMuch: Bool) throws {
    let (chain, node, hotkey) = try Self.chain()
    let block = try chain.head()
    let epoch = try chain.subnet(at: block).epoch(of: block.number, netuid: 1)
    try node.hold("Uids", [.unsigned(1), .account(hotkey)]) { $0.append(integer: UInt16(0)) }
    try node.hold("UsedSpaceOf", [.unsigned(1), .account(hotkey)], of: "Commitments") { writer in
      writer.append(integer: epoch)
      writer.append(integer: used)
    }
    try node.hold("MaxSpace", of: "Commitments") { $0.append(integer: UInt32(3_050)) }
    let failure = try chain.preflight(
      .setCommitment(netuid: 1, bytes: [1, 2]), by: hotkey, at: block)
    #expect(failure == (isTooMuch ? "SpaceLimitExceeded" : nil))
  }

  @Test(arguments: [("0x3e8", true), ("0x+3e8", false), ("0x-0", false), ("0x", false)])
  func aBlocksNumberHasDigitsOnly(text: String, isNumber: Bool) throws {
    let (chain, node, _) = try Self.chain()
    node.name(head: text)
    if isNumber {
      #expect(try chain.head().number == 1_000)
    } else {
      #expect(throws: ChainError.self) { try chain.head() }
    }
  }

  @Test func theTextsOfARefusalAreCut() throws {
    // One character of a million code points.
    let long = "e" + String(repeating: "\u{301}", count: 1_000_000)
    let refusal = NodeRefusal(code: 1, message: long, data: long)
    #expect(refusal.message.unicodeScalars.count == 2_000)
    #expect(refusal.data.unicodeScalars.count == 2_000)
    #expect(refusal.reason.utf8.count < 2_000)
  }

  private static func chain() throws -> (SubtensorChain, StoredNode, SS58Address) {
    let node = StoredNode(metadata: "metadata-v15-spec393-derived.scale")
    let chain = try SubtensorChain(
      [node], netuid: 1, notebook: PassingNotebook(), now: { 0 })
    let hotkey = try SS58Address(publicKey: [UInt8](repeating: 9, count: 32))
    try node.hold("NetworksAdded", [.unsigned(1)]) { $0.append(bool: true) }
    try node.hold("Owner", [.account(hotkey)]) { $0.append(hotkey.publicKey) }
    return (chain, node, hotkey)
  }
}

/// A node with one block, whose state is what a test puts there.
private final class StoredNode: NodeTransport {
  let name = "node"
  private let metadataName: String
  private let state = Mutex<[String: [UInt8]]>([:])
  private let head = Mutex("0x3e8")

  init(metadata: String) { metadataName = metadata }

  /// Gives the head's number another text.
  func name(head text: String) { head.withLock { $0 = text } }

  func hold(
    _ item: String, _ parts: [ScaleValue] = [], of pallet: String = "SubtensorModule",
    _ write: (inout ScaleWriter) -> Void
  ) throws {
    let key = try RuntimeVectors.metadata(metadataName).storageKey(pallet, item, parts)
    var writer = ScaleWriter()
    write(&writer)
    state.withLock { $0[Self.text(key)] = writer.bytes }
  }

  func post(_ body: [UInt8]) throws -> [UInt8] {
    let request = try JSONValue.parse(body, source: "request")
    if let calls = request.arrayValue {
      return Array(try JSONValue.array(calls.map(reply)).encoded().utf8)
    }
    return Array(try reply(to: request).encoded().utf8)
  }

  private func reply(to call: JSONValue) throws -> JSONValue {
    [
      "jsonrpc": "2.0", "id": call["id"] ?? .null,
      "result": try result(call["method"]?.stringValue ?? "", call["params"]?.arrayValue ?? []),
    ]
  }

  private func result(_ method: String, _ parameters: [JSONValue]) throws -> JSONValue {
    let hash = JSONValue.string(Self.text([UInt8](repeating: 1, count: 32)))
    switch method {
    case "chain_getBlockHash": return hash
    case "chain_getHeader": return ["parentHash": hash, "number": .string(head.withLock { $0 })]
    case "state_getRuntimeVersion": return ["specVersion": 393, "transactionVersion": 1]
    case "state_call":
      var writer = ScaleWriter()
      writer.append([1])
      writer.append(counted: try RuntimeVectors.bytes(metadataName))
      return .string(Self.text(writer.bytes))
    case "state_queryStorageAt":
      let changes = (parameters.first?.arrayValue ?? []).map { key -> JSONValue in
        let held = state.withLock { $0[key.stringValue ?? ""] }
        return [key, held.map { .string(Self.text($0)) } ?? .null]
      }
      return [["block": hash, "changes": .array(changes)]]
    default: return .null
    }
  }

  private static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return "0x"
      + String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
