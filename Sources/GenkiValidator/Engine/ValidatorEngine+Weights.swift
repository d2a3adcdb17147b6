import GenkiChain
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiStore

/// Weights on the chain: once when a round is scored, and again in every epoch.
extension ValidatorEngine {
  /// Puts a scored round's weights on the chain; a validator that may not goes on without.
  func setWeights(
    _ round: ValidatorRound, head: BlockReference, final: BlockReference
  ) throws -> Progress {
    let number = round.announced.round
    guard let scores = try context.store.read({ try $0.scores(round: number) }) else {
      return .waiting
    }
    if let setting = try setting(of: number), setting.isToBeSignedAgain != true {
      return try track(setting, final: final) { transaction in
        try self.apply(.weightsSet, to: round, transaction)
      }
    }
    let weights = scores.outcomes.map { (hotkey: $0.hotkey, weight: $0.weight) }
    return try sign(weights, round: number, head: head, final: final) { transaction, reason in
      // Without a vector there is nothing to wait for.
      if reason != nil { try self.apply(.weightsSet, to: round, transaction) }
    }
  }

  /// Sets the newest scores again when a new epoch has begun.
  func refreshWeights(
    neuron: Neuron?, head: BlockReference, final: BlockReference, _ problems: inout [Problem]
  ) throws -> Bool {
    guard let newest = try context.store.read({ try $0.weightSettings(limit: 1) }).first,
      let scores = try context.store.read({ try $0.scores(round: newest.round) }),
      let round = try context.store.read({ try $0.round(newest.round) }),
      round.state.rank > ValidatorRound.State.scored.rank
    else { return false }
    var progressed = false
    for setting in try context.store.read({ try $0.weightSettings(limit: 32) })
    where setting.isOnItsWay {
      if try track(setting, final: final, ended: { _ in }) == .done { progressed = true }
    }
    if progressed || newest.isOnItsWay { return progressed }
    if let reason = newest.reason, newest.extrinsic != nil || neuron?.hasValidatorPermit == false {
      problems.append(
        Problem(
          "weights_not_set", reason,
          advice: "validators need stake and a permit; it is tried again in the next epoch"))
    }
    let settings = try context.chain.subnet(at: final)
    guard
      newest.isToBeSignedAgain == true
        || settings.epoch(of: head.number, netuid: context.chain.netuid) > newest.epoch,
      scores.outcomes.contains(where: { $0.weight > 0 })
    else { return false }
    let weights = scores.outcomes.map { (hotkey: $0.hotkey, weight: $0.weight) }
    return try sign(weights, round: newest.round, head: head, final: final) { _, _ in } == .done
  }

  private func setting(of round: UInt64) throws -> WeightSetting? {
    try context.store.read { try $0.weightSettings(limit: 1) }.first.flatMap {
      $0.round == round ? $0 : nil
    }
  }

  /// Signs a vector and stores it, or stores why there is none.
  private func sign(
    _ weights: [(hotkey: SS58Address, weight: UInt16)], round: UInt64, head: BlockReference,
    final: BlockReference, and more: (Transaction, String?) throws -> Void
  ) throws -> Progress {
    let subnet = try context.chain.subnet(at: final)
    let epoch = subnet.epoch(of: head.number, netuid: context.chain.netuid)
    let metagraph = try context.chain.metagraph(at: head)
    let vector = WeightSetting.vector(
      scores: weights, metagraph: metagraph, minimumWeights: subnet.minimumWeights)
    let entries =
      vector?.entries
      ?? weights.map { WeightSetting.Entry(hotkey: $0.hotkey, uid: nil, weight: $0.weight) }
    func give(up reason: String) throws -> Progress {
      try context.store.write { transaction in
        try transaction.save(
          WeightSetting(round: round, epoch: epoch, entries: entries, reason: reason))
        try more(transaction, reason)
      }
      return .done
    }
    guard configuration.weights.set else { return try give(up: "weights.set is false") }
    guard let vector else {
      return try give(up: "no registered hotkey has a score above zero: nothing is set")
    }
    let versionKey = max(configuration.weights.versionKey, subnet.weightsVersionKey)
    var secret: WeightSecret?
    var call = ChainCall.setWeights(
      netuid: context.chain.netuid, weights: vector.weights, versionKey: versionKey)
    if subnet.isCommitRevealOn {
      let made = try WeightSecret(
        weights: vector.weights, salt: WeightSecret.randomSalt(), versionKey: versionKey,
        hotkey: context.hotkey, index: context.chain.weightsIndex)
      secret = made
      call = .commitWeights(netuid: context.chain.netuid, hash: made.hash)
    }
    if let failure = try context.chain.preflight(call, by: context.hotkey, at: head) {
      // The chain counts from the last vector, or from the registration.
      if Self.passingFailures.contains(failure.name) { return .waiting }
      return try give(
        up: Self.explained(failure, metagraph.neuron(of: context.hotkey), subnet))
    }
    let purpose = secret == nil ? SentExtrinsic.Purpose.weights : .commitWeights
    let subject = "r\(round) epoch \(epoch)"
    return Self.signed(
      try effects.perform("sign_weights", subject) {
        try courier.sign(call, purpose: purpose, subject: subject)
      } record: { transaction, extrinsic in
        try transaction.save(extrinsic)
        try transaction.save(
          WeightSetting(
            round: round, epoch: epoch, entries: entries, extrinsic: extrinsic.hash,
            secret: secret))
        try more(transaction, nil)
      })
  }

  /// Failures that end by waiting.
  private static let passingFailures: Set = [
    "SettingWeightsTooFast", "CommittingWeightsTooFast", "TooManyUnrevealedCommits",
  ]

  private static func explained(
    _ failure: CallFailure, _ neuron: Neuron?, _ subnet: SubnetSettings
  ) -> String {
    switch (failure.name, neuron) {
    case ("HotKeyNotRegisteredInSubNet", _): "\(failure.name): our hotkey has no uid"
    case ("NotEnoughStakeToSetWeights", let neuron?):
      "\(failure.name): \(neuron.stake) rao are staked, \(subnet.stakeThreshold) are needed"
    case ("NeuronNoValidatorPermit", let neuron?):
      "\(failure.name): uid \(neuron.uid) has no permit"
    default: failure.text.map { "\(failure.name): \($0)" } ?? failure.name
    }
  }

  /// Follows a signed vector to its end; `ended` shares the transaction that notes it.
  private func track(
    _ setting: WeightSetting, final: BlockReference, ended: (Transaction) throws -> Void
  ) throws -> Progress {
    var setting = setting
    if setting.isOnItsWay {
      guard let hash = setting.extrinsic,
        let sent = try courier.track(hash, finalBlock: final.number)
      else { return .waiting }
      switch sent.state {
      case .signed, .included: return .waiting
      case .final: setting.block = sent.block
      case .failed: setting.reason = "the chain refused: \(sent.failureReason)"
      case .expired: setting.isToBeSignedAgain = true
      }
    }
    let noted = setting
    try context.store.write { transaction in
      try transaction.save(noted)
      if noted.isToBeSignedAgain != true { try ended(transaction) }
    }
    if noted.isToBeSignedAgain == true {
      report(noted, .warning, "the extrinsic can no longer be included: weights are signed again")
    } else if let reason = noted.reason {
      report(noted, .warning, reason)
    } else {
      let what = noted.secret == nil ? "weights" : "the commit to the weights"
      report(
        noted, .notice,
        "\(what) of round \(noted.round) \(noted.secret == nil ? "are" : "is") in block \(noted.block ?? 0)"
      )
    }
    return .done
  }

  private func report(_ setting: WeightSetting, _ level: NodeEvent.Level, _ message: String) {
    context.observer.report(
      NodeEvent(
        "weights.set", level, message, ["round": JSONValue(Int(clamping: setting.round))]))
  }
}
