import GenkiChain
import GenkiCore
import GenkiHub

/// A model on its way from this machine to hub and chain.
///
/// A value: `next` says what is to be done, `apply` takes what came of it.
public struct Submission: Codable, Sendable, Hashable {
  /// How far a submission is.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// The model is ready on this machine.
    case prepared
    /// It lies in a private repository.
    case uploaded
    /// The commitment is signed and stored, and perhaps sent.
    case submitted
    /// The commitment is in a block.
    case included
    /// No fork can take it back.
    case final
    /// The repository is public.
    case `public`
    /// Chain and hub were read back and say the same.
    case verified
    /// The round closed, or another submission took its place, before it was committed.
    case superseded
    /// It cannot go on; the reason says why.
    case failed

    /// Whether nothing more will happen by itself.
    public var isEnded: Bool { self == .verified || self == .superseded || self == .failed }
  }

  /// What is to be done.
  public enum Effect: Sendable, Hashable {
    /// Upload the model to a private repository.
    case upload
    /// Sign the commitment and store it.
    case sign
    /// Send the stored commitment, or look what became of it.
    case track
    /// Make the repository public.
    case publish
    /// Read chain and hub back.
    case verify
    /// Nothing until this block is final.
    case wait(forBlock: UInt64)
  }

  /// What happens to a submission.
  public enum Event: Sendable, Hashable {
    /// It lies in the repository.
    case uploaded(Revision)
    /// The commitment is signed and stored.
    case signed(extrinsic: ContentDigest)
    /// The commitment is in a block.
    case included(block: UInt64, index: UInt32)
    /// The block was taken back by a fork.
    case reverted
    /// The commitment can never be included.
    case expired
    /// The block is final.
    case finalized
    /// The repository is public.
    case published
    /// Chain and hub say the same.
    case verified
    /// The round closed or moved on before the commitment was made.
    case superseded(reason: String)
    /// It failed for good.
    case failed(reason: String)
    /// The operator wants a failed or superseded one to go on.
    case retried
    /// The operator wants a held one to be committed.
    case released
  }

  /// Counted from 1; nil until the store has given it.
  public var id: Int64?
  /// The round.
  public var round: UInt64
  /// The content hash of the round's base.
  public var base: ContentDigest
  /// B_c of the round.
  public var closesAt: UInt64
  /// The job that made the model; nil for a model of the operator's own.
  public var job: Int64?
  /// The model's folder.
  public var model: String
  /// The content hash of its weights.
  public var contentHash: ContentDigest
  /// Where it goes.
  public var repository: RepositoryID
  /// How far it is.
  public var state: State
  /// The commit on the hub.
  public var revision: Revision?
  /// The hash of the commitment's extrinsic.
  public var extrinsic: ContentDigest?
  /// The block of the commitment.
  public var block: UInt64?
  /// The index of its extrinsic in the block.
  public var extrinsicIndex: UInt32?
  /// The commitment waits for the operator's word.
  public var isHeld: Bool
  /// Why it failed or was superseded.
  public var reason: String?

  /// A model that is ready on this machine.
  public init(
    round: UInt64, base: ContentDigest, closesAt: UInt64, job: Int64?, model: String,
    contentHash: ContentDigest, repository: RepositoryID, isHeld: Bool = false
  ) {
    self.round = round
    self.base = base
    self.closesAt = closesAt
    self.job = job
    self.model = model
    self.contentHash = contentHash
    self.repository = repository
    self.isHeld = isHeld
    state = .prepared
  }

  /// What is to be done when `finalBlock` is final; nil when it has ended.
  ///
  /// A commitment counts if it is in force in the state of block B_c − 1. Nothing is committed that
  /// could only come later, and nothing is shown before B_c.
  public func next(finalBlock: UInt64) -> Effect? {
    switch state {
    case .prepared: .upload
    case .uploaded: isHeld ? .wait(forBlock: closesAt) : .sign
    case .submitted, .included: .track
    case .final: finalBlock >= closesAt ? .publish : .wait(forBlock: closesAt)
    case .public: .verify
    case .verified, .superseded, .failed: nil
    }
  }

  /// Whether a commitment that is made now can still be in the state of block B_c − 1.
  public func isInTime(headBlock: UInt64) -> Bool { headBlock + 1 < closesAt }

  /// Takes an event.
  ///
  /// - Throws: `RoundError.unexpectedEvent` where the state has no place for it; nothing changes then.
  public mutating func apply(_ event: Event) throws {
    switch (state, event) {
    case (.prepared, .uploaded(let revision)):
      state = .uploaded
      self.revision = revision
    case (.uploaded, .signed(let extrinsic)):
      state = .submitted
      self.extrinsic = extrinsic
    case (.submitted, .included(let block, let index)),
      (.included, .included(let block, let index)):
      state = .included
      self.block = block
      extrinsicIndex = index
    case (.included, .reverted):
      state = .submitted
      block = nil
      extrinsicIndex = nil
    case (.submitted, .expired): state = .uploaded
    case (.included, .finalized): state = .final
    case (.final, .published): state = .public
    case (.public, .verified): state = .verified
    case (.prepared, .superseded(let reason)), (.uploaded, .superseded(let reason)),
      (.submitted, .superseded(let reason)):
      state = .superseded
      self.reason = reason
    case (_, .failed(let reason)) where !state.isEnded:
      state = .failed
      self.reason = reason
    case (.prepared, .released), (.uploaded, .released): isHeld = false
    case (.failed, .retried), (.superseded, .retried):
      state = revision == nil ? .prepared : block == nil ? .uploaded : .final
      reason = nil
    default:
      throw RoundError.unexpectedEvent(
        subject: "submission \(id ?? 0)", state: state.rawValue, event: "\(event)")
    }
  }
}
