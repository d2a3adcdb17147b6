import GenkiCore

/// What the rules of calls look at: one hotkey in one state, and the block in which its call runs.
struct CallSituation {
  let netuid: UInt16
  let settings: SubnetSettings
  let block: UInt64
  let hotkey: SS58Address
  let neuron: Neuron?
  let memberCount: Int
  /// Its commits to weights, oldest first.
  let commits: [OpenWeightCommit]
  /// What it has used of its space for commitments in the block's epoch.
  let usedSpace: UInt64

  /// - Parameter state: The block whose state it is; nil for all that has happened.
  init(
    of hotkey: SS58Address, block: UInt64, after state: UInt64? = nil, in ledger: LedgerState
  ) throws {
    (netuid, self.block, self.hotkey) = (ledger.netuid, block, hotkey)
    settings = ledger.settings.subnet
    neuron = try ledger.neuron(of: hotkey, at: state)?.neuron
    memberCount = try ledger.memberCount(at: state)
    commits = try ledger.weightCommits(of: hotkey, at: state)
    let space = try ledger.commitmentSpace(of: hotkey, at: state)
    let epoch = settings.epoch(of: block, netuid: netuid)
    usedSpace = space?.epoch == epoch ? space?.used ?? 0 : 0
  }

  var weightRules: WeightRules {
    WeightRules(settings: settings, memberCount: memberCount, block: block)
  }

  var revealWindow: RevealWindow { RevealWindow(settings, block: block, netuid: netuid) }

  /// The hash with which the hotkey has committed to weights.
  func commitHash(_ weights: [UidWeight], salt: [UInt16], versionKey: UInt64) throws
    -> ContentDigest
  {
    try WeightCommit(
      hotkey: hotkey, storageIndex: netuid, weights: weights, salt: salt, versionKey: versionKey
    ).hash
  }
}

/// The rules of calls, in the order in which the chain checks them.
enum CallRules {
  /// Bytes that a commitment takes of its key's space at least.
  static let commitmentSpaceMinimum: UInt64 = 100
  /// Bytes of commitments that a key can make in one tempo.
  static let commitmentSpace: UInt64 = 3100

  /// What a call fails with in a block.
  static func failure(of call: ChainCall, _ situation: CallSituation) throws -> CallFailure? {
    switch call {
    case .setCommitment(let netuid, let bytes):
      guard netuid == situation.netuid, situation.neuron != nil else {
        return "AccountNotAllowedCommit"
      }
      let used = situation.usedSpace + space(of: bytes)
      return used <= commitmentSpace ? nil : "SpaceLimitExceeded"
    case .setWeights(let netuid, let weights, let versionKey):
      guard netuid == situation.netuid else { return "MechanismDoesNotExist" }
      return situation.weightRules.failure(
        setting: weights, versionKey: versionKey, by: situation.neuron)
    case .commitWeights(let netuid, _):
      guard netuid == situation.netuid else { return "MechanismDoesNotExist" }
      return situation.weightRules.failure(
        committingBy: situation.neuron, open: situation.revealWindow.live(situation.commits).count)
    case .revealWeights(let netuid, let weights, let salt, let versionKey):
      guard netuid == situation.netuid else { return "MechanismDoesNotExist" }
      guard situation.settings.isCommitRevealOn else { return "CommitRevealDisabled" }
      let hash = try situation.commitHash(weights, salt: salt, versionKey: versionKey)
      return situation.revealWindow.failure(revealing: hash, of: situation.commits)
        ?? situation.weightRules.failure(
          revealing: weights, versionKey: versionKey, by: situation.neuron)
    case .register: return "CallFiltered"
    }
  }

  /// What a node refuses a call with before it is in a block.
  static func refusal(of call: ChainCall, _ situation: CallSituation) throws -> CallFailure? {
    let isTooFast = situation.neuron.map(situation.weightRules.isTooFast) ?? false
    switch call {
    case .setCommitment: return nil
    case .setWeights:
      if hasTooLittleStake(situation) { return "NotEnoughStakeToSetWeights" }
      let isLimited = isTooFast && !situation.settings.isCommitRevealOn
      return isLimited ? "SettingWeightsTooFast" : nil
    case .commitWeights:
      if hasTooLittleStake(situation) { return "NotEnoughStakeToSetWeights" }
      return isTooFast ? "CommittingWeightsTooFast" : nil
    case .revealWeights(_, let weights, let salt, let versionKey):
      if hasTooLittleStake(situation) { return "NotEnoughStakeToSetWeights" }
      return situation.revealWindow.refusal(
        revealing: try situation.commitHash(weights, salt: salt, versionKey: versionKey),
        of: situation.commits)
    case .register: return "CallFiltered"
    }
  }

  /// Carries out a call that does not fail.
  static func apply(
    _ call: ChainCall, _ situation: CallSituation, index: UInt32, state: LedgerState
  ) throws {
    let (hotkey, block) = (situation.hotkey, situation.block)
    switch call {
    case .setCommitment(let netuid, let bytes):
      try state.setCommitmentSpace(
        of: hotkey, from: block, epoch: situation.settings.epoch(of: block, netuid: netuid),
        used: situation.usedSpace + space(of: bytes))
      try state.store(
        CommitmentRecord(hotkey: hotkey, block: block, extrinsicIndex: index, bytes: bytes))
    case .setWeights(_, let weights, _):
      try change(situation, state) {
        $0.weights = upscaled(weights)
        $0.lastUpdate = block
      }
    case .commitWeights(_, let hash):
      let expired = situation.commits.count - situation.revealWindow.live(situation.commits).count
      try state.endWeightCommits(of: hotkey, first: expired, from: block)
      try state.store(
        OpenWeightCommit(hash: hash, epoch: situation.revealWindow.epoch, block: block), of: hotkey)
      try change(situation, state) { $0.lastUpdate = block }
    case .revealWeights(_, let weights, let salt, let versionKey):
      let hash = try situation.commitHash(weights, salt: salt, versionKey: versionKey)
      let live = situation.revealWindow.live(situation.commits)
      guard let place = live.firstIndex(where: { $0.hash == hash }) else { return }
      let expired = situation.commits.count - live.count
      try state.endWeightCommits(of: hotkey, first: expired + place + 1, from: block)
      // The commit has set the last update.
      try change(situation, state) { $0.weights = upscaled(weights) }
    case .register: break
    }
  }

  private static func change(
    _ situation: CallSituation, _ state: LedgerState, _ body: (inout Neuron) -> Void
  ) throws {
    guard var member = try state.neuron(of: situation.hotkey) else { return }
    body(&member.neuron)
    try state.store(member, from: situation.block)
  }

  private static func space(of bytes: [UInt8]) -> UInt64 {
    max(commitmentSpaceMinimum, UInt64(bytes.count))
  }

  private static func hasTooLittleStake(_ situation: CallSituation) -> Bool {
    situation.neuron?.stake ?? 0 < situation.settings.stakeThreshold
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
