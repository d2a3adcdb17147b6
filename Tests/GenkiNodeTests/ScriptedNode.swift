import GenkiChain
import GenkiCore
import GenkiService
import Synchronization
import TestSupport

/// A node that answers from a table: methods, and storage written with the names of real metadata.
final class ScriptedNode: NodeTransport {
  typealias Method = @Sendable ([JSONValue]) throws -> JSONValue

  private struct State {
    var methods: [String: Method] = [:]
    var storage: [String: String] = [:]
    var failure: NodeFailure?
    var posts = 0
  }

  let name: String
  private let state = Mutex(State())
  let metadata: RuntimeMetadata

  /// The genesis hash that all scripted nodes serve unless told otherwise.
  static let genesis = String(repeating: "ab", count: 32)
  /// The hash of the only block that has a state.
  static let block = String(repeating: "cd", count: 32)
  static let blockNumber = 1_000

  private static let metadataBytes = Result {
    try TextFile.readBytes(
      Vectors.path("bittensor/metadata-v15-spec393-derived.scale"), sizeLimit: 1 << 20)
  }

  /// - Parameter rename: Names of the metadata that are to be others, of the same length.
  init(
    _ name: String = "http://node", genesis: String = ScriptedNode.genesis,
    rename: [String: String] = [:]
  ) throws {
    self.name = name
    var bytes = try Self.metadataBytes.get()
    for (old, new) in rename {
      while let place = bytes.firstRange(of: Array(old.utf8)) {
        bytes.replaceSubrange(place, with: new.utf8)
      }
    }
    metadata = try RuntimeMetadata(decoding: bytes)
    var whole = ScaleWriter()
    whole.append([1])
    whole.append(counted: bytes)
    let served = Self.hex(whole.bytes)
    let block = JSONValue.string("0x\(Self.block)")
    on("chain_getBlockHash") { parameters in
      parameters.first?.intValue == 0 ? .string("0x\(genesis)") : block
    }
    on("chain_getHeader") { _ in
      ["number": .string("0x" + String(Self.blockNumber, radix: 16)), "parentHash": block]
    }
    on("chain_getFinalizedHead") { _ in block }
    on("state_getRuntimeVersion") { _ in ["specVersion": 393, "transactionVersion": 1] }
    on("state_call") { _ in .string(served) }
    on("system_health") { _ in ["isSyncing": false, "peers": 8, "shouldHavePeers": true] }
    on("system_accountNextIndex") { _ in 0 }
    on("payment_queryInfo") { _ in ["partialFee": "1234", "class": "normal"] }
    on("state_queryStorageAt") { [self] parameters in
      let keys = (parameters.first?.arrayValue ?? []).compactMap(\.stringValue)
      let known = state.withLock { $0.storage }
      return [
        [
          "block": block,
          "changes": .array(
            keys.map { [.string($0), known[$0].map { .string($0) } ?? .null] }),
        ]
      ]
    }
    on("state_getKeysPaged") { [self] parameters in
      let prefix = parameters.first?.stringValue ?? ""
      let start = parameters.count > 2 ? parameters[2].stringValue ?? "" : ""
      let keys = state.withLock { $0.storage.keys.filter { $0.hasPrefix(prefix) && $0 > start } }
      return .array(keys.sorted().prefix(1_000).map { .string($0) })
    }
  }

  /// Requests so far.
  var posts: Int { state.withLock { $0.posts } }

  /// From now on every request fails so; nil lets them through.
  func fail(_ failure: NodeFailure?) { state.withLock { $0.failure = failure } }

  func on(_ method: String, _ body: @escaping Method) {
    state.withLock { $0.methods[method] = body }
  }

  /// Writes a value into the state.
  func put(
    _ pallet: String, _ item: String, _ parts: [ScaleValue] = [], _ value: ScaleValue
  ) throws {
    let entry = try metadata.storage(pallet, item)
    let key = Self.hex(try metadata.storageKey(of: entry, parts))
    let bytes = Self.hex(try ValueEncoder(metadata.types).encode(value, as: entry.value))
    state.withLock { $0.storage[key] = bytes }
  }

  func post(_ body: [UInt8]) throws -> [UInt8] {
    let failure = state.withLock { state in
      state.posts += 1
      return state.failure
    }
    if let failure { throw failure }
    let request = try JSONValue.parse(
      body, source: "request", limits: JSONLimits(depth: 32, bytes: 8 << 20, values: 1 << 20))
    let answer: JSONValue =
      if let batch = request.arrayValue {
        .array(try batch.map(answer))
      } else {
        try answer(request)
      }
    return Array(answer.encoded().utf8)
  }

  private func answer(_ request: JSONValue) throws -> JSONValue {
    let id = request["id"] ?? .null
    let name = request["method"]?.stringValue ?? ""
    guard let method = state.withLock({ $0.methods[name] }) else {
      return [
        "jsonrpc": "2.0", "id": id, "error": ["code": -32601, "message": "Method not found"],
      ]
    }
    return [
      "jsonrpc": "2.0", "id": id, "result": try method(request["params"]?.arrayValue ?? []),
    ]
  }

  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text = Array("0x".utf8)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Subnet 7 on a scripted node: hotkeys 1 to `members`, the first with a permit.
struct ScriptedSubnet {
  static let netuid: UInt16 = 7
  /// Seconds since 1970 of the block.
  static let time = 1_800_000_000.0

  let node: ScriptedNode

  init(_ node: ScriptedNode, members: UInt16 = 2, commitReveal: Bool = false) throws {
    self.node = node
    let subnet = ScaleValue.unsigned(UInt64(Self.netuid))
    let pallet = "SubtensorModule"
    try node.put("Timestamp", "Now", [], .unsigned(UInt64(Self.time * 1_000)))
    try node.put(pallet, "NetworksAdded", [subnet], .bool(true))
    try node.put(pallet, "Tempo", [subnet], .unsigned(20))
    try node.put(pallet, "SubnetworkN", [subnet], .unsigned(UInt64(members)))
    try node.put(pallet, "MaxAllowedUids", [subnet], .unsigned(4_096))
    try node.put(pallet, "WeightsSetRateLimit", [subnet], .unsigned(5))
    try node.put(pallet, "CommitRevealWeightsEnabled", [subnet], .bool(commitReveal))
    try node.put(pallet, "Burn", [subnet], .unsigned(500_000))
    try node.put(pallet, "StakeThreshold", [], .unsigned(1_000))
    try node.put(
      pallet, "ValidatorPermit", [subnet], .sequence((0..<members).map { .bool($0 == 0) }))
    for uid in 0..<members {
      let hotkey = ScaleValue.account(try Self.key(uid + 1))
      try node.put(pallet, "Keys", [subnet, .unsigned(UInt64(uid))], hotkey)
      try node.put(pallet, "Uids", [subnet, hotkey], .unsigned(UInt64(uid)))
      try node.put(pallet, "Owner", [hotkey], .account(try Self.key(uid + 10_001)))
      try node.put(pallet, "TotalHotkeyAlpha", [hotkey, subnet], .unsigned(5_000))
    }
  }

  func commit(_ uid: UInt16, _ text: String) throws {
    try node.put(
      "Commitments", "CommitmentOf",
      [.unsigned(UInt64(Self.netuid)), .account(try Self.key(uid + 1))],
      .structure([
        "deposit": .unsigned(0), "block": .unsigned(900 + UInt64(uid)),
        "info": .structure([
          "fields": .sequence([.named("Raw\(text.utf8.count)", [.bytes(Array(text.utf8))])])
        ]),
      ]))
  }

  static func key(_ number: UInt16) throws -> SS58Address {
    try SS58Address(
      publicKey: [UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 9, count: 30))
  }
}

extension ValidatorConfiguration {
  /// A configuration for the scripted subnet, or for an embedded chain of the same number.
  static func scripted(_ kind: ChainSection.Kind, urls: [String] = []) -> ValidatorConfiguration {
    var configuration = ValidatorConfiguration(
      defaults: DefaultPaths(role: .validator, environment: [:]))
    configuration.chain.kind = kind
    configuration.chain.urls = urls
    configuration.chain.netuid = ScriptedSubnet.netuid
    return configuration
  }
}

/// A clock that a test moves.
final class MovableClock: Sendable {
  private let seconds = Mutex(ScriptedSubnet.time + 10)
  var now: Double { seconds.withLock { $0 } }
  func advance(_ by: Double) { seconds.withLock { $0 += by } }
}
