import GenkiCore

/// The chain's rules of when a commit to weights is revealed.
///
/// Source: subtensor, pallets/subtensor/src/subnets/weights.rs and guards/check_weights.rs.
public struct RevealWindow: Sendable, Hashable {
  /// The epoch of the block in which the call would run.
  public var epoch: UInt64
  /// Epochs from a commit to its reveal.
  public var periodEpochs: UInt64

  /// The window in an epoch; see the properties.
  public init(epoch: UInt64, periodEpochs: UInt64) {
    self.epoch = epoch
    self.periodEpochs = periodEpochs
  }

  /// The window in a block of a subnet.
  public init(_ settings: SubnetSettings, block: UInt64, netuid: UInt16) {
    self.init(
      epoch: settings.epoch(of: block, netuid: netuid), periodEpochs: settings.revealPeriodEpochs)
  }

  /// The only epoch in which a commit can be revealed.
  public func revealEpoch(of commit: OpenWeightCommit) -> UInt64 {
    let (sum, isOver) = commit.epoch.addingReportingOverflow(periodEpochs)
    return isOver ? .max : sum
  }

  /// The commits without those at the front that can no longer be revealed.
  public func live(_ commits: [OpenWeightCommit]) -> [OpenWeightCommit] {
    Array(commits.drop { epoch > revealEpoch(of: $0) })
  }

  /// What revealing the vector of a hash fails with, for the commits of its signer, oldest first.
  public func failure(revealing hash: ContentDigest, of commits: [OpenWeightCommit]) -> CallFailure?
  {
    let live = live(commits)
    if let commit = live.first(where: { $0.hash == hash }) {
      return epoch == revealEpoch(of: commit) ? nil : "RevealTooEarly"
    }
    if commits.prefix(commits.count - live.count).contains(where: { $0.hash == hash }) {
      return "ExpiredWeightCommit"
    }
    return live.isEmpty ? "NoWeightsCommitFound" : "InvalidRevealCommitHashNotMatch"
  }

  /// What a node refuses a reveal with before it is in a block. It has no name of its own for a
  /// commit that is too old.
  public func refusal(revealing hash: ContentDigest, of commits: [OpenWeightCommit]) -> CallFailure?
  {
    guard let commit = commits.first(where: { $0.hash == hash }) else {
      return "NoWeightsCommitFound"
    }
    return epoch == revealEpoch(of: commit) ? nil : "RevealTooEarly"
  }
}
