import GenkiChain
import GenkiCore

/// One weight vector that a validator has put, or wants to put, on the chain.
public struct WeightSetting: Codable, Sendable, Hashable {
  /// The weight of one hotkey.
  public struct Entry: Codable, Sendable, Hashable {
    /// The hotkey that committed the model.
    public var hotkey: SS58Address
    /// Its uid when the vector was signed; nil if it was no longer registered.
    public var uid: UInt16?
    /// Its weight.
    public var weight: UInt16

    /// The weight of one hotkey.
    public init(hotkey: SS58Address, uid: UInt16?, weight: UInt16) {
      self.hotkey = hotkey
      self.uid = uid
      self.weight = weight
    }
  }

  /// The round whose scores it follows.
  public var round: UInt64
  /// The chain's epoch in which it was signed.
  public var epoch: UInt64
  /// What it says.
  public var entries: [Entry]
  /// The extrinsic's hash; nil if there was nothing to set.
  public var extrinsic: ContentDigest?
  /// The block that holds it, once final.
  public var block: UInt64?
  /// Why it was not set.
  public var reason: String?
  /// Whether it can be signed again in the same epoch: its extrinsic can never be included any more.
  public var isToBeSignedAgain: Bool?
  /// Where the subnet wants weights to be committed to first: what is revealed later. `extrinsic` and
  /// `block` are those of the commit then.
  public var secret: WeightSecret?
  /// What became of the reveal.
  public var reveal: WeightReveal?

  /// A weight vector; see the properties.
  public init(
    round: UInt64, epoch: UInt64, entries: [Entry], extrinsic: ContentDigest? = nil,
    block: UInt64? = nil, reason: String? = nil, secret: WeightSecret? = nil
  ) {
    self.round = round
    self.epoch = epoch
    self.entries = entries
    self.extrinsic = extrinsic
    self.block = block
    self.reason = reason
    self.secret = secret
  }

  /// Whether its extrinsic is on its way.
  public var isOnItsWay: Bool {
    extrinsic != nil && block == nil && reason == nil && isToBeSignedAgain != true
  }

  /// Whether its commit stands and its reveal is not settled.
  public var isToBeRevealed: Bool {
    secret != nil && block != nil && reveal?.isSettled != true
  }

  /// What may be shown to others: the secret only once it is one no longer.
  public var shown: WeightSetting {
    var shown = self
    if reveal?.block == nil { shown.secret = nil }
    return shown
  }

  /// The vector as the chain takes it: weights keyed by the uids that the hotkeys have now, zeros
  /// dropped, then padded with zero-weight neighbours up to the subnet's minimum; nil if nothing is
  /// left to set.
  public static func vector(
    scores: [(hotkey: SS58Address, weight: UInt16)], metagraph: Metagraph, minimumWeights: UInt16
  ) -> (entries: [Entry], weights: [UidWeight])? {
    let uids = Dictionary(
      metagraph.neurons.map { ($0.hotkey, $0.uid) }, uniquingKeysWith: { first, _ in first })
    let entries = scores.map { Entry(hotkey: $0.hotkey, uid: uids[$0.hotkey], weight: $0.weight) }
    var weights = entries.compactMap { entry in
      entry.weight == 0 ? nil : entry.uid.map { UidWeight(uid: $0, weight: entry.weight) }
    }
    guard !weights.isEmpty else { return nil }
    let needed = min(Int(minimumWeights), metagraph.neurons.count)
    let taken = Set(weights.map(\.uid))
    for neuron in metagraph.neurons where weights.count < needed {
      if !taken.contains(neuron.uid) { weights.append(UidWeight(uid: neuron.uid, weight: 0)) }
    }
    weights.sort { $0.uid < $1.uid }
    return (entries, weights)
  }
}
