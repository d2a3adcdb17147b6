import GenkiCore

/// The rules of the two calls, in the order in which the chain checks them.
enum CallRules {
  /// Bytes that a commitment takes of its key's space at least.
  static let commitmentSpaceMinimum: UInt64 = 100
  /// Bytes of commitments that a key can make in one tempo.
  static let commitmentSpace: UInt64 = 3100

  /// Makes a commitment in a block.
  static func commit(
    _ bytes: [UInt8], netuid: UInt16, by hotkey: SS58Address, block: UInt64, index: UInt32,
    state: LedgerState
  ) throws -> CallFailure? {
    guard netuid == state.netuid, try state.neuron(of: hotkey) != nil else {
      return "AccountNotAllowedCommit"
    }
    let epoch = state.settings.subnet.epoch(of: block, netuid: netuid)
    let space = try state.commitmentSpace(of: hotkey)
    let before = space?.epoch == epoch ? space?.used ?? 0 : 0
    let used = before + max(commitmentSpaceMinimum, UInt64(bytes.count))
    guard used <= commitmentSpace else { return "SpaceLimitExceeded" }
    try state.setCommitmentSpace(of: hotkey, epoch: epoch, used: used)
    try state.store(
      CommitmentRecord(hotkey: hotkey, block: block, extrinsicIndex: index, bytes: bytes))
    return nil
  }

  /// Sets weights in a block.
  static func setWeights(
    _ weights: [UidWeight], netuid: UInt16, versionKey: UInt64, by hotkey: SS58Address,
    block: UInt64, state: LedgerState
  ) throws -> CallFailure? {
    guard netuid == state.netuid else { return "SubnetNotExists" }
    var member = try state.neuron(of: hotkey)
    if let failure = try rules(block: block, state: state).failure(
      setting: weights, versionKey: versionKey, by: member?.neuron)
    {
      return failure
    }
    member?.neuron.weights = upscaled(weights)
    member?.neuron.lastUpdate = block
    if let member { try state.store(member, from: block) }
    return nil
  }

  /// What of a weight vector can be refused before it is included.
  static func refusalAtSubmission(
    netuid: UInt16, by hotkey: SS58Address, block: UInt64, state: LedgerState
  ) throws -> CallFailure? {
    guard netuid == state.netuid else { return "SubnetNotExists" }
    guard let neuron = try state.neuron(of: hotkey)?.neuron else {
      return "HotKeyNotRegisteredInSubNet"
    }
    guard neuron.stake >= state.settings.stakeThreshold else {
      return "NotEnoughStakeToSetWeights"
    }
    return try rules(block: block, state: state).isTooFast(neuron) ? "SettingWeightsTooFast" : nil
  }

  /// The rules of the subnet in a block.
  static func rules(block: UInt64, state: LedgerState) throws -> WeightRules {
    WeightRules(
      settings: state.settings.subnet, memberCount: try state.memberCount(), block: block)
  }

  /// Scales weights so that the largest is 65,535, rounded; all zeros stay so.
  static func upscaled(_ weights: [UidWeight]) -> [UidWeight] {
    let largest = UInt64(weights.map(\.weight).max() ?? 0)
    guard largest > 0 else { return weights }
    return weights.map {
      let scaled = (UInt64($0.weight) * UInt64(UInt16.max) + largest / 2) / largest
      return UidWeight(uid: $0.uid, weight: UInt16(clamping: scaled))
    }
  }
}
