import GenkiCore

/// Settings and members.
extension SubtensorChain {
  /// The subnet's settings in the state of a block.
  ///
  /// - Throws: `ChainError.refused` named `SubnetNotExists` if there is no such subnet.
  public func subnet(at block: BlockReference) throws -> SubnetSettings {
    if let known = memory.withLock({ $0.settings }), known.block == block { return known.value }
    let settings = try reading(at: block) { state in try readSettings(state) }
    memory.withLock { $0.settings = (block, settings) }
    return settings
  }

  private func readSettings(_ state: StateReader) throws -> SubnetSettings {
    let subnet = [ScaleValue.netuid(netuid)]
    let items = [
      "NetworksAdded", "Tempo", "WeightsSetRateLimit", "MinAllowedWeights", "WeightsVersionKey",
      "CommitRevealWeightsEnabled", "RevealPeriodEpochs", "MaxAllowedUids", "Burn",
    ]
    var requests = try items.map { try state.request($0, subnet) }
    requests.append(try state.request("StakeThreshold"))
    // Items that some runtimes lack stand last.
    let optional = ["MaxWeightsLimit", "SubnetEpochIndex", "SubnetOwnerHotkey"].filter {
      state.has($0)
    }
    requests += try optional.map { try state.request($0, subnet) }
    let values = try state.values(requests)
    func unsigned<Number: FixedWidthInteger & UnsignedInteger>(_ index: Int) throws -> Number {
      try values[index]?.root.unsigned() ?? 0
    }
    func optionalValue(_ name: String) -> ScaleValue? {
      optional.firstIndex(of: name).flatMap { values[items.count + 1 + $0] }
    }
    guard try values[0]?.root.bool() == true else {
      throw ChainError.refused(
        name: "SubnetNotExists", reason: "the chain has no subnet \(netuid)")
    }
    return SubnetSettings(
      tempo: try unsigned(1), weightsRateLimit: try unsigned(2), minimumWeights: try unsigned(3),
      weightsVersionKey: try unsigned(4),
      maximumWeightLimit: try optionalValue("MaxWeightsLimit")?.root.unsigned() ?? .max,
      stakeThreshold: try unsigned(items.count),
      isCommitRevealOn: try values[5]?.root.bool() ?? false,
      revealPeriodEpochs: try unsigned(6),
      epochIndex: try optionalValue("SubnetEpochIndex")?.root.unsigned(),
      burn: try unsigned(8), memberMaximum: try unsigned(7),
      ownerHotkey: try optionalValue("SubnetOwnerHotkey")?.root.accountID())
  }

  /// Who is registered, in the order of uids, in the state of a block.
  ///
  /// A member's stake is the subnet's own token plus the share of TAO that the chain counts, without
  /// what child keys pass on.
  public func metagraph(at block: BlockReference) throws -> Metagraph {
    if let known = memory.withLock({ $0.metagraph }), known.block == block { return known }
    let metagraph = try reading(at: block) { state in
      Metagraph(block: block, neurons: try MetagraphReader(state, chain: self).neurons())
    }
    memory.withLock { $0.metagraph = metagraph }
    return metagraph
  }

  /// One member in the state of a block; its weights are left out.
  public func neuron(of hotkey: SS58Address, at block: BlockReference) throws -> Neuron? {
    if let known = memory.withLock({ $0.neuron }), known.block == block, known.hotkey == hotkey {
      return known.value
    }
    let neuron = try reading(at: block) { state -> Neuron? in
      let found = try state.value("Uids", [.netuid(netuid), .account(hotkey)])
      guard let uid: UInt16 = try found?.root.unsigned() else { return nil }
      return try MetagraphReader(state, chain: self).neuron(uid: uid, hotkey: hotkey)
    }
    memory.withLock { $0.neuron = (block, hotkey, neuron) }
    return neuron
  }
}
