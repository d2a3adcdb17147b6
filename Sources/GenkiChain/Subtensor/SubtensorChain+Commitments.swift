import GenkiCore

/// Commitments and where they stand in their blocks.
extension SubtensorChain {
  /// The pallet of commitments.
  static let commitmentsPallet = "Commitments"
  /// Blocks between two looks for commitments that a node will have forgotten at the close; its states
  /// last about 256 blocks.
  static let observationBlocks: UInt64 = 32
  /// Blocks back from the final one within which places are noted.
  static let observationReach: UInt64 = 200
  /// Blocks for which places are kept.
  static let notebookBlocks: UInt64 = 100_000

  /// All commitments in force in the state of a block, by block, extrinsic index and hotkey.
  public func commitments(
    at block: BlockReference, from first: UInt64
  ) throws -> [CommitmentRecord] {
    var records = try reading(at: block) { state in try commitments(state) }
    var indices: [UInt64: [SS58Address: UInt32]] = [:]
    // Another protocol's commitment has no place here, and a chain may make one without any event.
    for place in records.indices
    where records[place].block >= first && !records[place].bytes.isEmpty {
      let (hotkey, number) = (records[place].hotkey, records[place].block)
      if let known = try notebook.commitmentIndex(of: hotkey, block: number) {
        records[place].extrinsicIndex = known
        continue
      }
      if indices[number] == nil {
        indices[number] = try commitmentIndices(in: number, seenAt: block)
      }
      // One that no extrinsic has made is left out, by everybody alike.
      records[place].extrinsicIndex = indices[number]?[hotkey]
    }
    return records.sorted(by: Self.isInOrder)
  }

  /// The commitment of one hotkey in force in the state of a block; its place is not looked for.
  public func commitment(
    of hotkey: SS58Address, at block: BlockReference
  ) throws -> CommitmentRecord? {
    try reading(at: block) { state in
      let found = try state.value(
        "CommitmentOf", [.netuid(netuid), .account(hotkey)], of: Self.commitmentsPallet)
      return try found.map { try Self.record(hotkey, $0) }
    }
  }

  /// Notes the places of new commitments while their blocks' states are still there.
  public func observe(_ final: BlockReference) throws {
    let isDue = memory.withLock { memory in
      let isDue =
        memory.observedAt == 0 || final.number >= memory.observedAt + Self.observationBlocks
      if isDue { memory.observedAt = final.number }
      return isDue
    }
    guard isDue else { return }
    do {
      let reach = min(final.number, Self.observationReach)
      _ = try commitments(at: final, from: final.number - reach)
      if final.number > Self.notebookBlocks {
        try notebook.forgetCommitmentIndices(before: final.number - Self.notebookBlocks)
      }
    } catch {
      memory.withLock { $0.observedAt = 0 }
      throw error
    }
  }

  private func commitments(_ state: StateReader) throws -> [CommitmentRecord] {
    let entry = try state.runtime.metadata.storage(Self.commitmentsPallet, "CommitmentOf")
    let keys = try state.keys(entry, [.netuid(netuid)])
    let requests = keys.map { StateReader.Request(entry: entry, key: $0) }
    return try zip(keys, try state.values(requests)).compactMap { key, value in
      guard let value else { return nil }
      guard let hotkey = try state.runtime.metadata.keyParts(of: key, in: entry).last ?? nil else {
        throw ChainError.damaged(source: node.name, reason: "a commitment's key has no hotkey")
      }
      return try Self.record(try hotkey.root.accountID(), value)
    }
  }

  /// A commitment of several fields, or of none with bytes, is another protocol's: its bytes are none.
  private static func record(_ hotkey: SS58Address, _ value: ScaleValue) throws -> CommitmentRecord
  {
    let commitment = try ChainCommitment(value)
    let raw = commitment.rawFields
    let isOurs = commitment.fields.count == 1 && raw.count == 1
    return CommitmentRecord(
      hotkey: hotkey, block: commitment.block, extrinsicIndex: nil,
      bytes: isOurs && raw[0].count <= Commitment.bytesMaximum ? raw[0] : [])
  }

  /// The extrinsic index of the last commitment of each hotkey in a block, from the events' phases:
  /// proxies and batches hide the calls.
  private func commitmentIndices(
    in number: UInt64, seenAt block: BlockReference
  ) throws -> [SS58Address: UInt32] {
    guard let reference = number == block.number ? block : try self.block(number: number) else {
      let name = node.name
      node.distrust("block \(number) is missing")
      throw ChainError.unreachable(source: name, reason: "block \(number) is not there")
    }
    let events = try events(of: reference)
    var indices: [SS58Address: UInt32] = [:]
    for event in events.records
    where event.pallet == Self.commitmentsPallet && event.name == "Commitment" {
      guard case .extrinsic(let index) = event.phase else { continue }
      let isNamed = event.fields.first?.name != nil
      let subnet = isNamed ? event.content["netuid"] : event.content[0]
      guard try subnet.unsigned(UInt16.self) == netuid else { continue }
      indices[try (isNamed ? event.content["who"] : event.content[1]).accountID()] = index
    }
    // A block that a fork could still take back is not noted.
    if number <= memory.withLock({ $0.highestFinal }) {
      try notebook.note(commitmentIndices: indices, block: number)
    }
    return indices
  }

  /// What happened in a block.
  func events(of block: BlockReference) throws -> BlockEvents {
    try reading(at: block) { state in
      let request = try state.request("Events", of: "System")
      return try BlockEvents(
        decoding: try state.bytes(of: [request.key])[0], metadata: state.runtime.metadata)
    }
  }

  private static func isInOrder(_ left: CommitmentRecord, _ right: CommitmentRecord) -> Bool {
    if left.block != right.block { return left.block < right.block }
    let (one, other) = (left.extrinsicIndex ?? 0, right.extrinsicIndex ?? 0)
    if one != other { return one < other }
    return left.hotkey.publicKey.lexicographicallyPrecedes(right.hotkey.publicKey)
  }
}
