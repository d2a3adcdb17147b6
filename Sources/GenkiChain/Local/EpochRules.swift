/// When an epoch is, and what it does to the members.
enum EpochRules {
  /// Is a block the last of an epoch?
  static func isDue(block: UInt64, netuid: UInt16, tempo: UInt16) -> Bool {
    (block + UInt64(netuid) + 1) % (UInt64(tempo) + 1) == 0
  }

  /// Runs the epoch that a block starts with, if there is one.
  static func runIfDue(block: UInt64, state: LedgerState) throws {
    let settings = state.settings
    guard isDue(block: block, netuid: state.netuid, tempo: settings.tempo) else { return }
    let members = try state.neurons()
    let commits = try oldestCommits(block: block, state: state)
    let results = YumaEpoch.run(
      block: block, members: members.map { epochMember($0, commits[$0.neuron.hotkey]) },
      parameters: parameters(settings))
    for (member, result) in zip(members, results) {
      var after = member
      after.neuron.incentive = YumaEpoch.Result.stored(result.incentive)
      after.neuron.dividends = YumaEpoch.Result.stored(result.dividends)
      after.neuron.consensus = YumaEpoch.Result.stored(result.consensus)
      after.neuron.validatorTrust = YumaEpoch.Result.stored(result.validatorTrust)
      after.neuron.emission = result.serverEmission + result.validatorEmission
      after.neuron.hasValidatorPermit = result.hasPermit
      after.bonds = result.bonds
      if after != member { try state.store(after, from: block) }
    }
  }

  /// The block of each hotkey's oldest commit to weights that can still be revealed.
  private static func oldestCommits(block: UInt64, state: LedgerState) throws
    -> [SS58Address: UInt64]
  {
    guard state.settings.commitRevealEnabled else { return [:] }
    let window = RevealWindow(state.settings.subnet, block: block, netuid: state.netuid)
    return try state.weightCommits().compactMapValues { window.live($0).first?.block }
  }

  private static func epochMember(_ member: LedgerNeuron, _ oldestCommit: UInt64?)
    -> YumaEpoch.Member
  {
    let neuron = member.neuron
    return YumaEpoch.Member(
      stake: Double(neuron.stake), lastUpdate: neuron.lastUpdate,
      registeredAt: neuron.registeredAt, hasPermit: neuron.hasValidatorPermit,
      weights: neuron.weights, bonds: member.bonds, oldestCommit: oldestCommit)
  }

  private static func parameters(_ settings: LocalChainSettings) -> YumaEpoch.Parameters {
    var parameters = YumaEpoch.Parameters()
    parameters.tempo = UInt64(settings.tempo)
    parameters.activityCutoff = min(settings.activityCutoff, 1 << 62)
    parameters.kappa = settings.kappa
    parameters.bondsMovingAverage = settings.bondsMovingAverage
    parameters.bondsPenalty = settings.bondsPenalty
    parameters.stakeThreshold = Double(settings.stakeThreshold)
    parameters.maximumValidators = Int(settings.maximumValidators)
    parameters.emission = settings.emissionPerEpoch
    return parameters
  }
}
