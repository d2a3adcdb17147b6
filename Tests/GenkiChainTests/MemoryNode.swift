import GenkiChain
import GenkiCore
import Synchronization
import TestSupport

/// A subtensor node in memory with real metadata: blocks, states, a pool, forks, upgrades.
///
/// It answers as nodes do and judges nothing: what a submission is answered with a test says.
final class MemoryNode: NodeTransport {
  struct Block {
    var number: UInt64
    var hash: ContentDigest
    var parent: ContentDigest
    var extrinsics: [[UInt8]]
    /// Nil once it is discarded.
    var state: [[UInt8]: [UInt8]]?
    /// The runtime of the state's code.
    var spec: UInt32
  }

  private struct Chain {
    var blocks: [Block] = []
    var state: [[UInt8]: [UInt8]] = [:]
    var spec: UInt32
    var pool: [[UInt8]] = []
    var nonces: [String: UInt64] = [:]
    var answer: NodeRefusal?
    var submitted: [[UInt8]] = []
    var hashes: UInt64 = 0
    var calls: [String] = []
  }

  let name = "memory"
  let finalLag: Int
  private let chain: Mutex<Chain>
  private static let runtimes = Mutex<[UInt32: RuntimeMetadata]>([:])

  init(spec: UInt32 = 393, finalLag: Int = 2) throws {
    self.finalLag = finalLag
    chain = Mutex(Chain(spec: spec))
    _ = try metadata
    seal()
  }

  // MARK: What a test does

  /// The metadata of the runtime in use.
  var metadata: RuntimeMetadata {
    get throws { try Self.metadata(spec: chain.withLock { $0.spec }) }
  }

  private static func path(_ spec: UInt32) -> String {
    Vectors.path(
      "bittensor/metadata-v15-spec\(spec)\(spec == 393 ? "-derived" : "").scale")
  }

  static func metadata(spec: UInt32) throws -> RuntimeMetadata {
    try runtimes.withLock { known in
      if let found = known[spec] { return found }
      let bytes = try TextFile.readBytes(path(spec), sizeLimit: 4 << 20)
      let made = try RuntimeMetadata(decoding: bytes)
      known[spec] = made
      return made
    }
  }

  /// Puts a value into the state of the next block.
  func put(
    _ item: String, _ parts: [ScaleValue] = [], of pallet: String = "SubtensorModule",
    _ value: ScaleValue
  ) throws {
    let metadata = try metadata
    let entry = try metadata.storage(pallet, item)
    let bytes = try ValueEncoder(metadata.types).encode(value, as: entry.value)
    let key = try metadata.storageKey(of: entry, parts)
    chain.withLock { $0.state[key] = bytes }
  }

  /// Appends a block whose events are these.
  func seal(_ extrinsics: [[UInt8]] = [], events: [ScaleValue] = []) {
    try? put("Events", of: "System", .sequence(events))
    chain.withLock { chain in
      chain.hashes += 1
      var seed = [UInt8](repeating: 0, count: 32)
      for place in 0..<8 { seed[place] = UInt8(truncatingIfNeeded: chain.hashes >> (8 * place)) }
      let hash = SHA256Hasher.digest(of: seed)
      chain.blocks.append(
        Block(
          number: UInt64(chain.blocks.count), hash: hash,
          parent: chain.blocks.last?.hash ?? SHA256Hasher.digest(of: []), extrinsics: extrinsics,
          state: chain.state, spec: chain.spec))
      chain.pool.removeAll { extrinsics.contains($0) }
    }
  }

  /// Appends empty blocks.
  func seal(count: Int) { for _ in 0..<count { seal() } }

  /// Drops the newest blocks.
  func fork(depth: Int) {
    chain.withLock { chain in
      chain.blocks.removeLast(depth)
      chain.state = chain.blocks.last?.state ?? [:]
    }
  }

  /// Forgets the states of all blocks before one.
  func discard(before number: Int) {
    chain.withLock { chain in for place in 0..<number { chain.blocks[place].state = nil } }
  }

  /// Runs another runtime from now on; the newest block's state has its code.
  func upgrade(to spec: UInt32) {
    chain.withLock { chain in
      chain.spec = spec
      chain.blocks[chain.blocks.count - 1].spec = spec
    }
  }

  /// What submissions are answered with; nil takes them into the pool.
  func answer(_ refusal: NodeRefusal?) { chain.withLock { $0.answer = refusal } }
  /// Empties the pool, as a node that starts again.
  func dropPool() { chain.withLock { $0.pool = [] } }
  func set(nonce: UInt64, of key: SS58Address) {
    chain.withLock { $0.nonces[key.description] = nonce }
  }
  var submitted: [[UInt8]] { chain.withLock { $0.submitted } }
  var blocks: [Block] { chain.withLock { $0.blocks } }
  var calls: [String] { chain.withLock { $0.calls } }

  /// A client of the subnet 7.
  func client(
    notebook: any ChainNotebook = PassingNotebook(), mechanism: UInt8 = 0
  ) throws -> SubtensorChain {
    try SubtensorChain([self], netuid: 7, mechanism: mechanism, notebook: notebook, now: { 0 })
  }

  // MARK: What it answers

  func post(_ body: [UInt8]) throws -> [UInt8] {
    let request = try JSONValue.parse(body, source: "request")
    if let batch = request.arrayValue {
      return Array(JSONValue.array(try batch.map { try answer($0) }).encoded().utf8)
    }
    return Array(try answer(request).encoded().utf8)
  }

  private func answer(_ request: JSONValue) throws -> JSONValue {
    let id = request["id"] ?? .null
    do {
      let result = try result(
        request["method"]?.stringValue ?? "", request["params"]?.arrayValue ?? [])
      return ["jsonrpc": "2.0", "id": id, "result": result]
    } catch let refusal as NodeRefusal {
      return [
        "jsonrpc": "2.0", "id": id,
        "error": [
          "code": JSONValue(refusal.code), "message": .string(refusal.message),
          "data": .string(refusal.data),
        ],
      ]
    }
  }

  private func result(_ method: String, _ parameters: [JSONValue]) throws -> JSONValue {
    chain.withLock { $0.calls.append(method) }
    switch method {
    case "chain_getBlockHash":
      guard let number = parameters.first?.intValue else { return hash(blocks.last) }
      return blocks.indices.contains(number) ? hash(blocks[number]) : .null
    case "chain_getFinalizedHead": return hash(blocks[max(0, blocks.count - 1 - finalLag)])
    case "chain_getHeader":
      guard let block = try block(parameters.first) else { return .null }
      return [
        "number": .string("0x" + String(block.number, radix: 16)),
        "parentHash": .string("0x\(block.parent.hex)"),
      ]
    case "chain_getBlock":
      guard let block = try block(parameters.first) else { return .null }
      return ["block": ["extrinsics": .array(block.extrinsics.map { .string(Self.hex($0)) })]]
    case "state_getRuntimeVersion":
      let spec = try block(parameters.first)?.spec ?? 0
      return ["specVersion": JSONValue(Int(spec)), "transactionVersion": 1]
    case "state_call":
      guard parameters.first == "Metadata_metadata_at_version",
        let spec = try block(parameters.count > 2 ? parameters[2] : nil)?.spec
      else { throw NodeRefusal(code: 4003, message: "Client error", data: "no such function") }
      var writer = ScaleWriter()
      writer.append([1])
      writer.append(counted: try TextFile.readBytes(Self.path(spec), sizeLimit: 4 << 20))
      return .string(Self.hex(writer.bytes))
    case "state_queryStorageAt":
      let block = try block(parameters.last)
      let state = try Self.state(block)
      let changes = (parameters.first?.arrayValue ?? []).map { key -> JSONValue in
        .array([key, state[Self.bytes(key)].map { .string(Self.hex($0)) } ?? .null])
      }
      return [["block": hash(block), "changes": .array(changes)]]
    case "state_getKeysPaged":
      let state = try Self.state(try block(parameters.last))
      let prefix = Self.bytes(parameters[0])
      let start = parameters[2].isNull ? [] : Self.bytes(parameters[2])
      let keys = state.keys.filter {
        $0.starts(with: prefix) && start.lexicographicallyPrecedes($0)
      }.sorted { $0.lexicographicallyPrecedes($1) }
      return .array(keys.prefix(parameters[1].intValue ?? 0).map { .string(Self.hex($0)) })
    case "system_accountNextIndex":
      let key = parameters.first?.stringValue ?? ""
      return JSONValue(Int(chain.withLock { $0.nonces[key] ?? 0 }))
    case "author_pendingExtrinsics":
      return .array(chain.withLock { $0.pool }.map { .string(Self.hex($0)) })
    case "author_submitExtrinsic":
      let bytes = Self.bytes(parameters[0])
      let refusal = chain.withLock { chain in
        chain.submitted.append(bytes)
        if chain.answer == nil { chain.pool.append(bytes) }
        return chain.answer
      }
      if let refusal { throw refusal }
      return .string("0x" + (try Blake2b.digest(bytes)).hex)
    case "payment_queryInfo": return ["partialFee": "1234"]
    default: throw NodeRefusal(code: -32601, message: "Method not found", data: "")
    }
  }

  private func block(_ hash: JSONValue?) throws -> Block? {
    guard let text = hash?.stringValue else { return blocks.last }
    guard let found = blocks.first(where: { "0x\($0.hash.hex)" == text }) else {
      throw NodeRefusal(code: 4003, message: "Client error", data: "UnknownBlock: \(text)")
    }
    return found
  }

  private static func state(_ block: Block?) throws -> [[UInt8]: [UInt8]] {
    guard let state = block?.state else {
      throw NodeRefusal(
        code: 4003, message: "Client error", data: "State already discarded for it")
    }
    return state
  }

  private func hash(_ block: Block?) -> JSONValue {
    block.map { .string("0x\($0.hash.hex)") } ?? .null
  }

  static func hex(_ bytes: [UInt8]) -> String {
    "0x" + bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }

  static func bytes(_ value: JSONValue) -> [UInt8] { BittensorVectors.bytes(value) }
}
