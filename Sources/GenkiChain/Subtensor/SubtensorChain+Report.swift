import GenkiCore

/// What operators ask for and rounds do not need.
extension SubtensorChain {
  /// The version of the newest runtime that was seen; nothing is asked.
  public var knownSpecVersion: UInt32? { runtimes.newest?.spec }

  /// Runtime, time and schedule in the state of a block.
  public func report(at block: BlockReference) throws -> SubtensorReport {
    try reading(at: block) { state in
      let members = try state.value("SubnetworkN", [.netuid(netuid)])
      let hasTime = state.has("Now", of: "Timestamp")
      let time = hasTime ? try state.value("Now", of: "Timestamp") : nil
      return SubtensorReport(
        specVersion: state.runtime.specVersion,
        transactionVersion: state.runtime.transactionVersion,
        metadataVersion: state.runtime.metadata.version,
        members: try members?.root.unsigned() ?? 0,
        time: try time.map { Double(try $0.root.unsigned(UInt64.self)) / 1_000 },
        nextEpochBlock: try nextEpochBlock(state))
    }
  }

  /// The first block of the next epoch as the runtime says; nil where it does not say.
  private func nextEpochBlock(_ state: StateReader) throws -> UInt64? {
    let (api, method) = ("SubnetInfoRuntimeApi", "get_next_epoch_start_block")
    guard let inputs = try? state.runtime.metadata.api(api, method).inputs, inputs.count == 1
    else { return nil }
    let answer = try state.call(
      api, method, [UInt8(truncatingIfNeeded: netuid), UInt8(truncatingIfNeeded: netuid >> 8)])
    if case .variant = answer { return try answer.root.option?.unsigned() }
    return try answer.root.unsigned()
  }

  /// Compares the runtime of a block with what this program uses of it.
  public func names(at block: BlockReference) throws -> SubtensorNames {
    try reading(at: block) { state in
      try SubtensorNames(of: state.runtime.metadata, mechanism: mechanism)
    }
  }

  /// All commitments in force, with those places in their blocks that are known already: nothing is
  /// looked for in old blocks.
  public func knownCommitments(at block: BlockReference) throws -> [CommitmentRecord] {
    var records = try commitments(at: block, from: .max)
    for place in records.indices {
      records[place].extrinsicIndex = try notebook.commitmentIndex(
        of: records[place].hotkey, block: records[place].block)
    }
    return records
  }
}

/// Runtime, time and schedule in the state of a block.
public struct SubtensorReport: Sendable, Hashable {
  /// Changes with every upgrade of the runtime.
  public var specVersion: UInt32
  /// Changes with the form of extrinsics.
  public var transactionVersion: UInt32
  /// 14, 15 or 16.
  public var metadataVersion: UInt8
  /// Members of the subnet.
  public var members: UInt16
  /// When the block was made, in seconds since 1970; nil if the chain does not say.
  public var time: Double?
  /// The first block of the next epoch; nil where the runtime does not say.
  public var nextEpochBlock: UInt64?
}

/// Signs nothing: gives an extrinsic the length that it will have, to ask what it costs. A signature
/// that is good would let the node that is asked send it.
public struct BlankSigner: Signer {
  /// The key that would sign.
  public let address: SS58Address

  /// A signer for a key.
  public init(_ address: SS58Address) { self.address = address }

  /// 64 zeros.
  public func signature(over payload: [UInt8]) -> [UInt8] { [UInt8](repeating: 0, count: 64) }
}
