/// The chain's checks of a weight vector, in its order and with its names.
///
/// Source of the order: subtensor, pallets/subtensor/src/subnets/weights.rs.
public struct WeightRules: Sendable {
  /// The subnet's settings.
  public var settings: SubnetSettings
  /// Members of the subnet.
  public var memberCount: Int
  /// The block in which the call would run.
  public var block: UInt64
  /// Whether a member's stake is what the chain counts; else the chain alone judges it.
  public var isStakeExact: Bool

  /// The rules in one block; see the properties.
  public init(
    settings: SubnetSettings, memberCount: Int, block: UInt64, isStakeExact: Bool = true
  ) {
    self.settings = settings
    self.memberCount = memberCount
    self.block = block
    self.isStakeExact = isStakeExact
  }

  /// What setting weights directly fails with.
  public func failure(
    setting weights: [UidWeight], versionKey: UInt64, by neuron: Neuron?
  ) -> CallFailure? {
    if settings.isCommitRevealOn { return "CommitRevealEnabled" }
    return failure(of: weights, versionKey: versionKey, by: neuron, isRateLimited: true)
  }

  /// What committing to weights fails with; `open` commits are not revealed.
  public func failure(committingBy neuron: Neuron?, open: Int) -> CallFailure? {
    guard settings.isCommitRevealOn else { return "CommitRevealDisabled" }
    guard let neuron else { return "HotKeyNotRegisteredInSubNet" }
    if isTooFast(neuron) { return "CommittingWeightsTooFast" }
    return open < Self.openCommitsMaximum ? nil : "TooManyUnrevealedCommits"
  }

  /// What revealing weights fails with, besides what the commit itself decides.
  public func failure(
    revealing weights: [UidWeight], versionKey: UInt64, by neuron: Neuron?
  ) -> CallFailure? {
    guard settings.isCommitRevealOn else { return "CommitRevealDisabled" }
    return failure(of: weights, versionKey: versionKey, by: neuron, isRateLimited: false)
  }

  /// Commits that a hotkey may have open at once.
  public static let openCommitsMaximum = 10

  private func failure(
    of weights: [UidWeight], versionKey: UInt64, by neuron: Neuron?, isRateLimited: Bool
  ) -> CallFailure? {
    guard weights.count <= memberCount else { return "UidsLengthExceedUidsInSubNet" }
    guard let neuron else { return "HotKeyNotRegisteredInSubNet" }
    let isOwner = settings.ownerHotkey == neuron.hotkey
    guard isOwner || !isStakeExact || neuron.stake >= settings.stakeThreshold else {
      return "NotEnoughStakeToSetWeights"
    }
    guard settings.weightsVersionKey == 0 || versionKey >= settings.weightsVersionKey else {
      return "IncorrectWeightVersionKey"
    }
    guard !isRateLimited || !isTooFast(neuron) else { return "SettingWeightsTooFast" }
    let isOnlySelf = weights.count == 1 && weights[0].uid == neuron.uid
    guard isOnlySelf || isOwner || neuron.hasValidatorPermit else {
      return "NeuronNoValidatorPermit"
    }
    guard Set(weights.map(\.uid)).count == weights.count else { return "DuplicateUids" }
    guard weights.allSatisfy({ Int($0.uid) < memberCount }) else {
      return "UidVecContainInvalidOne"
    }
    guard isOnlySelf || weights.count >= min(memberCount, Int(settings.minimumWeights)) else {
      return "WeightVecLengthIsLow"
    }
    guard isOnlySelf || isWithinMaximum(weights) else { return "MaxWeightExceeded" }
    return nil
  }

  /// Whether the last vector is too young; a last update of 0 never happened.
  public func isTooFast(_ neuron: Neuron) -> Bool {
    guard neuron.lastUpdate > 0, block >= neuron.lastUpdate else { return false }
    return block - neuron.lastUpdate < settings.weightsRateLimit
  }

  private func isWithinMaximum(_ weights: [UidWeight]) -> Bool {
    let limit = settings.maximumWeightLimit
    guard limit < UInt16.max else { return true }
    let sum = weights.reduce(0) { $0 + UInt64($1.weight) }
    let largest = UInt64(weights.map(\.weight).max() ?? 0)
    return largest * UInt64(UInt16.max) <= UInt64(limit) * sum
  }
}
