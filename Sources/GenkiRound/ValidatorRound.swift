import GenkiChain
import GenkiCore
import GenkiHub

/// A round as a validator carries it out.
///
/// A value: `next` says what is to be done, `apply` takes what came of it.
public struct ValidatorRound: Codable, Sendable, Hashable {
  /// How far a round is.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Miners may commit.
    case open
    /// Its candidates are stored.
    case closed
    /// The seed of its evaluation is known.
    case seeded
    /// Every candidate was fetched, refused or found unavailable.
    case fetched
    /// Scores are stored.
    case scored
    /// The weights are on the chain, or there was nothing to set.
    case weightsSet = "weights_set"
    /// The new base is on this machine, or the old one stays.
    case aggregated
    /// The new base is on the hub.
    case published
    /// The next round is announced. Ended.
    case announced

    /// The states in the order of a round.
    public var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// What is to be done.
  public enum Effect: Sendable, Hashable {
    /// Nothing until this block is final.
    case wait(forBlock: UInt64)
    /// Store the commitments in force in the state of block B_c − 1.
    case snapshot
    /// Store the hash of block B_c + d.
    case readSeed
    /// Fetch the candidates that can be had.
    case fetch
    /// Evaluate and score.
    case score
    /// Set weights.
    case setWeights
    /// Coordinator: merge what helped.
    case aggregate
    /// Coordinator: upload the new base.
    case publish
    /// Coordinator: announce the next round.
    case announce
    /// Others: wait for the next announcement.
    case awaitAnnouncement
  }

  /// What happens to a round.
  public enum Event: Sendable, Hashable {
    /// The candidates are stored.
    case closed
    /// The seed is known.
    case seeded(ContentDigest)
    /// Every candidate is settled.
    case fetched
    /// Scores are stored.
    case scored
    /// The weights are on the chain, or there was nothing to set.
    case weightsSet
    /// The new base is on this machine, or the old one stays.
    case aggregated(NextBase)
    /// The new base is on the hub.
    case published(Revision, manifest: ContentDigest)
    /// The next round is announced.
    case announced
    /// This validator does not go further: the next round was announced by the coordinator.
    case followed
  }

  /// The base that comes out of a round.
  public struct NextBase: Codable, Sendable, Hashable {
    /// Its folder on this machine.
    public var folder: String
    /// The content hash of its weights.
    public var contentHash: ContentDigest
    /// SHA-256 of the new `model.safetensors`; nil where the base stayed.
    public var damaSha256: ContentDigest?
    /// The step that was taken; nil where the base stayed.
    public var step: Double?
    /// Why the base stayed.
    public var note: String?

    /// The base that comes out of a round; see the properties.
    public init(
      folder: String, contentHash: ContentDigest, damaSha256: ContentDigest?, step: Double?,
      note: String?
    ) {
      self.folder = folder
      self.contentHash = contentHash
      self.damaSha256 = damaSha256
      self.step = step
      self.note = note
    }
  }

  /// What was announced; also holds the round's number.
  public var announced: AnnouncedRound
  /// The content hash of the base.
  public var base: ContentDigest
  /// The base's folder on this machine.
  public var folder: String
  /// The rules of the round.
  public var rules: RoundRules
  /// Whether our hotkey announced it.
  public var isCoordinator: Bool
  /// How far it is.
  public var state: State
  /// The hash of block B_c + d.
  public var probeSeed: ContentDigest?
  /// What comes out of it.
  public var next: NextBase?
  /// The new base's commit on the hub.
  public var nextRevision: Revision?
  /// SHA-256 of the new base's manifest.
  public var nextManifest: ContentDigest?

  /// A round that is open.
  public init(
    announced: AnnouncedRound, base: ContentDigest, folder: String, rules: RoundRules,
    isCoordinator: Bool
  ) {
    self.announced = announced
    self.base = base
    self.folder = folder
    self.rules = rules
    self.isCoordinator = isCoordinator
    state = .open
  }

  /// The block whose hash seeds the evaluation: B_c + d.
  public var seedBlock: UInt64 { announced.closesAt + rules.evaluationDelayBlocks }
  /// Until this block is final a candidate may become public.
  public var revealEndsAt: UInt64 { announced.closesAt + rules.revealBlocks }

  /// What is to be done when `finalBlock` is final; nil when the round has ended.
  public func effect(finalBlock: UInt64) -> Effect? {
    switch state {
    case .open:
      finalBlock >= announced.closesAt ? .snapshot : .wait(forBlock: announced.closesAt)
    case .closed: finalBlock >= seedBlock ? .readSeed : .wait(forBlock: seedBlock)
    case .seeded: .fetch
    case .fetched: .score
    case .scored: .setWeights
    case .weightsSet: isCoordinator ? .aggregate : .awaitAnnouncement
    case .aggregated: .publish
    case .published: .announce
    case .announced: nil
    }
  }

  /// Takes an event.
  ///
  /// - Throws: `RoundError.unexpectedEvent` where the state has no place for it; nothing changes then.
  public mutating func apply(_ event: Event) throws {
    switch (state, event) {
    case (.open, .closed): state = .closed
    case (.closed, .seeded(let seed)):
      state = .seeded
      probeSeed = seed
    case (.seeded, .fetched): state = .fetched
    case (.fetched, .scored): state = .scored
    case (.scored, .weightsSet): state = .weightsSet
    case (.weightsSet, .aggregated(let base)):
      state = .aggregated
      next = base
    case (.aggregated, .published(let revision, let manifest)):
      state = .published
      nextRevision = revision
      nextManifest = manifest
    case (.published, .announced): state = .announced
    case (_, .followed) where state != .announced && !isCoordinator: state = .announced
    default:
      throw RoundError.unexpectedEvent(
        subject: "round \(announced.round)", state: state.rawValue, event: "\(event)")
    }
  }
}
