import GenkiChain
import GenkiCore

/// What tests put into a node's state.
enum SubtensorSample {
  static let netuid = ScaleValue.unsigned(7)

  static func keypair(_ number: UInt8) throws -> Keypair {
    try Keypair(seed: SecretBytes(copying: [UInt8](repeating: number, count: 32)))
  }

  static func key(_ number: UInt8) throws -> SS58Address { try keypair(number).address }

  static func signer(_ number: UInt8) throws -> KeypairSigner {
    try KeypairSigner(try keypair(number))
  }

  /// A subnet 7 with so many members, number n with hotkey n + 1.
  static func found(_ node: MemoryNode, members: UInt8) throws {
    try node.put("NetworksAdded", [netuid], .bool(true))
    try node.put("Tempo", [netuid], .unsigned(20))
    try node.put("WeightsSetRateLimit", [netuid], .unsigned(5))
    try node.put("MinAllowedWeights", [netuid], .unsigned(1))
    // On unless a subnet's owner turns it off.
    try node.put("CommitRevealWeightsEnabled", [netuid], .bool(false))
    try node.put("MaxWeightsLimit", [netuid], .unsigned(65_535))
    try node.put("SubnetworkN", [netuid], .unsigned(UInt64(members)))
    for uid in 0..<members {
      let (place, hotkey) = (ScaleValue.unsigned(UInt64(uid)), try key(uid + 1))
      try node.put("Keys", [netuid, place], .account(hotkey))
      try node.put("Uids", [netuid, .account(hotkey)], place)
      try node.put("Owner", [.account(hotkey)], .account(try key(100 + uid)))
      try node.put("BlockAtRegistration", [netuid, place], .unsigned(UInt64(uid)))
      try node.put(
        "TotalHotkeyAlpha", [.account(hotkey), netuid], .unsigned(UInt64(uid) * 1_000))
    }
    func list(_ item: String, _ value: (UInt64) -> ScaleValue) throws {
      try node.put(item, [netuid], .sequence((0..<UInt64(members)).map(value)))
    }
    try list("ValidatorPermit") { .bool($0 == 0) }
    try list("LastUpdate") { .unsigned($0 + 1) }
    try list("Incentive") { .unsigned($0 * 10) }
    try list("Dividends") { .unsigned($0 * 20) }
    try list("Consensus") { .unsigned($0 * 30) }
    try list("ValidatorTrust") { .unsigned($0 * 40) }
    try list("Emission") { .unsigned($0 * 50) }
  }

  /// Puts a commitment into the next block's state.
  static func commit(_ node: MemoryNode, _ number: UInt8, _ text: String, block: UInt64) throws {
    let bytes = Array(text.utf8)
    try node.put(
      "CommitmentOf", [netuid, .account(try key(number))], of: "Commitments",
      .structure([
        "deposit": .unsigned(0), "block": .unsigned(block),
        "info": .structure([
          "fields": .sequence([.named("Raw\(bytes.count)", [.bytes(bytes)])])
        ]),
      ]))
  }

  static func event(
    _ index: UInt32, _ pallet: String, _ name: String, _ fields: KeyValuePairs<String, ScaleValue>
  ) -> ScaleValue {
    .structure([
      "phase": .named("ApplyExtrinsic", [.unsigned(UInt64(index))]),
      "event": .named(
        pallet,
        [
          .variant(
            ScaleVariant(name: name, fields: fields.map { ScaleField($0.key, $0.value) }))
        ]),
      "topics": .sequence([]),
    ])
  }

  static func committed(_ index: UInt32, _ number: UInt8, netuid: UInt64 = 7) throws -> ScaleValue {
    event(
      index, "Commitments", "Commitment",
      ["netuid": .unsigned(netuid), "who": .account(try key(number))])
  }

  private static let info = ScaleValue.structure([
    "weight": .structure(["ref_time": .unsigned(1), "proof_size": .unsigned(1)]),
    "class": .named("Normal"), "pays_fee": .named("No"),
  ])

  static func succeeded(_ index: UInt32) -> ScaleValue {
    event(index, "System", "ExtrinsicSuccess", ["dispatch_info": info])
  }

  static func failed(_ index: UInt32, _ pallet: String, _ error: String, _ node: MemoryNode) throws
    -> ScaleValue
  {
    let metadata = try node.metadata
    let code = try metadata.error(pallet, error).index
    let module = ScaleValue.structure([
      "index": .unsigned(UInt64(try metadata.pallet(pallet).index)),
      "error": .bytes([code, 0, 0, 0]),
    ])
    return event(
      index, "System", "ExtrinsicFailed",
      ["dispatch_error": .named("Module", [module]), "dispatch_info": info])
  }

  static func account(_ node: MemoryNode, _ number: UInt8, nonce: UInt64, free: UInt64 = 0) throws {
    try node.put(
      "Account", [.account(try key(number))], of: "System",
      .structure([
        "nonce": .unsigned(nonce), "consumers": .unsigned(0), "providers": .unsigned(1),
        "sufficients": .unsigned(0),
        "data": .structure([
          "free": .unsigned(free), "reserved": .unsigned(0), "frozen": .unsigned(0),
          "flags": .unsigned128(0),
        ]),
      ]))
    node.set(nonce: nonce, of: try key(number))
  }
}
