import GenkiChain
import GenkiCore

/// What a commit to weights hides: kept before the commit is sent, because without it the commit is
/// worth nothing.
public struct WeightSecret: Codable, Sendable, Hashable {
  /// Numbers in the salt.
  public static let saltCount = 16

  /// The uids.
  public var uids: [UInt16]
  /// The weights, in the order of the uids.
  public var values: [UInt16]
  /// Random numbers, so that nobody can try weights until the hash fits.
  public var salt: [UInt16]
  /// The version key.
  public var versionKey: UInt64
  /// What was committed.
  public var hash: ContentDigest

  /// A secret with a hash of its own.
  ///
  /// - Parameter index: Where the chain keeps the weights: `Chain.weightsIndex`.
  public init(
    weights: [UidWeight], salt: [UInt16], versionKey: UInt64, hotkey: SS58Address, index: UInt16
  ) throws {
    uids = weights.map(\.uid)
    values = weights.map(\.weight)
    self.salt = salt
    self.versionKey = versionKey
    hash = try WeightCommit(
      hotkey: hotkey, storageIndex: index, weights: weights, salt: salt, versionKey: versionKey
    ).hash
  }

  /// A salt of the system's randomness.
  public static func randomSalt() -> [UInt16] {
    var generator = SystemRandomNumberGenerator()
    return (0..<saltCount).map { _ in UInt16.random(in: 0 ... .max, using: &generator) }
  }

  /// The weights.
  public var weights: [UidWeight] { zip(uids, values).map { UidWeight(uid: $0, weight: $1) } }

  /// The call that reveals it.
  public func revealCall(netuid: UInt16) -> ChainCall {
    .revealWeights(netuid: netuid, weights: weights, salt: salt, versionKey: versionKey)
  }
}

/// What became of the reveal of a commit.
public struct WeightReveal: Codable, Sendable, Hashable {
  /// The reveal's extrinsic that is on its way.
  public var extrinsic: ContentDigest?
  /// The block that holds the reveal, once final.
  public var block: UInt64?
  /// Why it never will be revealed.
  public var reason: String?
  /// The block before which another try makes no sense.
  public var notBefore: UInt64?

  /// Nothing was done yet.
  public init() {}

  /// Whether nothing more will happen to it.
  public var isSettled: Bool { block != nil || reason != nil }

  /// Failures after which a commit can never be revealed.
  private static let lost: Set = [
    "ExpiredWeightCommit", "NoWeightsCommitFound", "InvalidRevealCommitHashNotMatch",
    "CommitRevealDisabled",
  ]

  /// Takes what became of an extrinsic; after another failure than a lost commit it is tried again
  /// `pause` blocks later.
  public mutating func apply(_ sent: SentExtrinsic, finalBlock: UInt64, pause: UInt64) {
    switch sent.state {
    case .signed, .included: return
    case .final: block = sent.block
    case .expired: extrinsic = nil
    case .failed:
      extrinsic = nil
      if let name = sent.failure, Self.lost.contains(name) {
        reason = "the weights were not revealed: \(sent.failureReason)"
      } else {
        notBefore = finalBlock + pause
      }
    }
  }

  /// What is to be done with a commit whose reveal is not on its way.
  public enum Step: Sendable, Hashable {
    /// Its time has not come.
    case wait
    /// It can be revealed now.
    case reveal
    /// The chain does not have it any more.
    case lost
  }

  /// The next step of a commit in the state of a block.
  ///
  /// The chain accepts a reveal in one epoch only, a whole number of epochs after the commit. Which
  /// epoch a block is in is told differently by runtimes: a reveal that is too early is refused without
  /// harm and tried again.
  ///
  /// - Parameter committedIn: The epoch in which the commit was signed.
  public func next(
    hash: ContentDigest, committedIn: UInt64, open: [OpenWeightCommit], settings: SubnetSettings,
    block: UInt64, netuid: UInt16
  ) -> Step {
    guard let commit = open.first(where: { $0.hash == hash }) else {
      // One look that finds nothing ends nothing before its time is over.
      let (last, isNever) = committedIn.addingReportingOverflow(settings.revealPeriodEpochs)
      let epoch = settings.epoch(of: block, netuid: netuid)
      return !isNever && epoch > last && epoch - last > 1 ? .lost : .wait
    }
    if let notBefore, block < notBefore { return .wait }
    // Both numbers are a node's.
    let (due, isNever) = commit.epoch.addingReportingOverflow(settings.revealPeriodEpochs)
    if isNever { return .wait }
    let epoch = settings.epoch(of: block + 1, netuid: netuid)
    // A commit whose epoch has passed stays on the chain until another one takes its place.
    return epoch < due ? .wait : epoch - due <= 1 ? .reveal : .lost
  }
}
