import GenkiChain
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiStore

/// Reveals of committed weights, each in the epoch that the chain takes it in.
extension ValidatorEngine {
  /// Vectors that are looked through: more than the chain keeps commits open.
  private static let settingsLooked = 32

  /// Brings every commit that stands one step further.
  func revealWeights(head: BlockReference, final: BlockReference) throws -> Bool {
    var progressed = false
    let settings = try context.store.read {
      try $0.weightSettings(limit: Self.settingsLooked)
    }
    for setting in settings.reversed() where setting.isToBeRevealed {
      if try advance(setting, head: head, final: final) { progressed = true }
    }
    return progressed
  }

  private func advance(
    _ setting: WeightSetting, head: BlockReference, final: BlockReference
  ) throws -> Bool {
    guard let secret = setting.secret else { return false }
    let subnet = try context.chain.subnet(at: head)
    var reveal = setting.reveal ?? WeightReveal()
    if let hash = reveal.extrinsic {
      guard let sent = try courier.track(hash, finalBlock: final.number) else { return false }
      // Sixteen tries an epoch find its beginning, whichever way the runtime counts.
      let pause = max(1, (UInt64(subnet.tempo) + 1) / 16)
      let before = reveal
      reveal.apply(sent, finalBlock: final.number, pause: pause)
      guard reveal != before else { return false }
      return try note(reveal, of: setting)
    }
    let open = try context.chain.weightCommits(of: context.hotkey, at: head)
    switch reveal.next(
      hash: secret.hash, committedIn: setting.epoch, open: open, settings: subnet,
      block: head.number,
      netuid: context.chain.netuid)
    {
    case .wait: return false
    case .lost:
      // A commit that is final at the head's state and is not there has expired or was revealed.
      reveal.reason =
        "the chain does not hold the commit any more: it was not revealed in its epoch"
      return try note(reveal, of: setting)
    case .reveal: return try sign(secret, reveal, of: setting)
    }
  }

  private func sign(
    _ secret: WeightSecret, _ reveal: WeightReveal, of setting: WeightSetting
  ) throws -> Bool {
    let subject = "r\(setting.round) epoch \(setting.epoch)"
    let call = secret.revealCall(netuid: context.chain.netuid)
    let result = try effects.perform("sign_reveal", subject) {
      try courier.sign(call, purpose: .revealWeights, subject: subject)
    } record: { transaction, extrinsic in
      var setting = setting
      var reveal = reveal
      reveal.extrinsic = extrinsic.hash
      setting.reveal = reveal
      try transaction.save(extrinsic)
      try transaction.save(setting)
    }
    if case .done = result { return true }
    return false
  }

  private func note(_ reveal: WeightReveal, of setting: WeightSetting) throws -> Bool {
    var noted = setting
    noted.reveal = reveal
    try context.store.write { try $0.save(noted) }
    let message: String? =
      reveal.reason
      ?? reveal.block.map { "weights of round \(setting.round) are revealed in block \($0)" }
    if let message {
      context.observer.report(
        NodeEvent(
          "weights.revealed", reveal.reason == nil ? .notice : .error, message,
          ["round": JSONValue(Int(clamping: setting.round))]))
    }
    return true
  }
}
