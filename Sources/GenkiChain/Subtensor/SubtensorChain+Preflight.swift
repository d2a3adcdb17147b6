import GenkiCore

/// What the chain would refuse, before anything is signed.
extension SubtensorChain {
  /// Bytes that a commitment takes of its key's space at least.
  static let commitmentSpaceMinimum: UInt64 = 100

  /// What a call would fail with in the block after this one, as far as its state tells.
  public func preflight(
    _ call: ChainCall, by hotkey: SS58Address, at block: BlockReference
  ) throws -> CallFailure? {
    switch call {
    case .setCommitment(_, let bytes):
      guard try neuron(of: hotkey, at: block) != nil else { return "AccountNotAllowedCommit" }
      return try commitmentSpace(bytes, of: hotkey, at: block)
    case .setWeights(_, let weights, let key):
      return try rules(at: block).failure(
        setting: weights, versionKey: key, by: try neuron(of: hotkey, at: block))
    case .commitWeights:
      return try rules(at: block).failure(
        committingBy: try neuron(of: hotkey, at: block),
        open: try weightCommits(of: hotkey, at: block).count)
    case .revealWeights(_, let weights, _, let key):
      guard try !weightCommits(of: hotkey, at: block).isEmpty else { return "NoWeightsCommitFound" }
      return try rules(at: block).failure(
        revealing: weights, versionKey: key, by: try neuron(of: hotkey, at: block))
    case .register(_, let registered, let burnMaximum):
      return try registration(of: registered, by: hotkey, burnMaximum: burnMaximum, at: block)
    }
  }

  /// The weight vectors that a hotkey has committed to and not revealed, oldest first.
  public func weightCommits(
    of hotkey: SS58Address, at block: BlockReference
  ) throws -> [OpenWeightCommit] {
    let settings = try subnet(at: block)
    return try reading(at: block) { state in
      let found = try state.value(
        "WeightCommits", [.unsigned(UInt64(weightsIndex)), .account(hotkey)])
      return try found?.root.elements().map { item in
        let hash = try item[0].bytes(count: ContentDigest.byteCount)
        let numbers: [UInt64] = try (1...3).map { try item[$0].unsigned() }
        guard let digest = ContentDigest(bytes: hash) else {
          throw ChainError.damaged(source: node.name, reason: "a weight commit has no hash")
        }
        // Today (epoch, block, 0); older runtimes kept (block, first and last block of the reveal).
        let isOld = numbers[2] != 0
        return OpenWeightCommit(
          hash: digest,
          epoch: isOld ? settings.epoch(of: numbers[0], netuid: netuid) : numbers[0],
          block: isOld ? numbers[0] : numbers[1])
      } ?? []
    }
  }

  private func rules(at block: BlockReference) throws -> WeightRules {
    let settings = try subnet(at: block)
    let members = try reading(at: block) { state in
      try state.value("SubnetworkN", [.netuid(netuid)])?.root.unsigned(UInt16.self) ?? 0
    }
    return WeightRules(
      settings: settings, memberCount: Int(members), block: block.number + 1, isStakeExact: false)
  }

  private func commitmentSpace(
    _ bytes: [UInt8], of hotkey: SS58Address, at block: BlockReference
  ) throws -> CallFailure? {
    let epoch = try subnet(at: block).epoch(of: block.number, netuid: netuid)
    return try reading(at: block) { state in
      let pallet = Self.commitmentsPallet
      guard state.has("UsedSpaceOf", of: pallet), state.has("MaxSpace", of: pallet) else {
        return nil
      }
      let values = try state.values([
        try state.request("UsedSpaceOf", [.netuid(netuid), .account(hotkey)], of: pallet),
        try state.request("MaxSpace", of: pallet),
      ])
      guard let usage = values[0], let maximum = values[1],
        try usage["last_epoch"].unsigned(UInt64.self) == epoch
      else { return nil }
      let used = try usage["used_space"].unsigned(UInt64.self)
      let needed = max(Self.commitmentSpaceMinimum, UInt64(bytes.count))
      return used + needed > (try maximum.root.unsigned(UInt64.self)) ? "SpaceLimitExceeded" : nil
    }
  }

  private func registration(
    of hotkey: SS58Address, by coldkey: SS58Address, burnMaximum: UInt64, at block: BlockReference
  ) throws -> CallFailure? {
    let settings = try subnet(at: block)
    if try neuron(of: hotkey, at: block) != nil { return "HotKeyAlreadyRegisteredInSubNet" }
    if settings.burn > burnMaximum { return "RegistrationPriceLimitExceeded" }
    let isOpen = try reading(at: block) { state in
      let item = "NetworkRegistrationAllowed"
      guard state.has(item) else { return true }
      return try state.value(item, [.netuid(netuid)])?.root.bool() ?? true
    }
    if !isOpen { return "SubNetRegistrationDisabled" }
    let free = try account(of: coldkey, at: block).free
    return free < settings.burn ? "NotEnoughBalanceToStake" : nil
  }
}
