import Foundation
import GenkiChain
import GenkiCore

/// A signed extrinsic in the journal: its bytes are stored before they are sent, and sent again only
/// as the same bytes.
public struct SentExtrinsic: Codable, Sendable, Hashable {
  /// What it is for.
  public enum Purpose: String, Codable, Sendable, CaseIterable {
    /// A submission's commitment.
    case commit
    /// A weight vector.
    case weights
    /// The announcement of a round.
    case announce
    /// A commit to a weight vector.
    case commitWeights = "commit_weights"
    /// The reveal of a weight vector.
    case revealWeights = "reveal_weights"
  }

  /// What became of it.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It is stored and perhaps sent.
    case signed
    /// It is in a block that a fork could still take back.
    case included
    /// It is in a block for good, and its call succeeded.
    case final
    /// It is in a block for good and its call failed, or the chain refuses it.
    case failed
    /// It can never be included.
    case expired

    /// Whether nothing more will happen to it.
    public var isEnded: Bool { self == .final || self == .failed || self == .expired }
  }

  /// Identifies it.
  public var hash: ContentDigest
  /// What it is for.
  public var purpose: Purpose
  /// Which submission, round or epoch it is for.
  public var subject: String
  /// What is sent.
  public var bytes: Data
  /// Who signed.
  public var signer: SS58Address
  /// The signer's nonce in it.
  public var nonce: UInt64
  /// After this block it can never be included.
  public var lastBlock: UInt64
  /// What became of it.
  public var state: State
  /// How often it was sent.
  public var sendCount: Int
  /// The block that holds it.
  public var block: UInt64?
  /// Its index in the block.
  public var index: UInt32?
  /// The chain's name of what it failed with.
  public var failure: String?
  /// The chain's words for it.
  public var failureText: String?
  /// The runtime that it was signed for.
  public var specVersion: UInt32?

  /// A stored extrinsic that was not sent yet.
  public init(_ extrinsic: Extrinsic, purpose: Purpose, subject: String) {
    hash = extrinsic.hash
    self.purpose = purpose
    self.subject = subject
    bytes = Data(extrinsic.bytes)
    signer = extrinsic.signer
    nonce = extrinsic.nonce
    lastBlock = extrinsic.lastBlock
    specVersion = extrinsic.specVersion
    state = .signed
    sendCount = 0
  }

  /// What it failed with, for people.
  public var failureReason: String {
    guard let failure else { return "no reason given" }
    return failureText.map { "\(failure): \($0)" } ?? failure
  }

  /// As the chain takes it.
  public var extrinsic: Extrinsic {
    Extrinsic(
      hash: hash, bytes: Array(bytes), signer: signer, nonce: nonce, lastBlock: lastBlock,
      specVersion: specVersion)
  }

  /// Takes what the chain says of it; `finalBlock` is final.
  public mutating func apply(_ outcome: ExtrinsicOutcome, finalBlock: UInt64) {
    switch outcome {
    case .unknown, .pending:
      state = .signed
      block = nil
      index = nil
      failure = nil
      failureText = nil
    case .expired: state = .expired
    case .included(let block, let index, let failure):
      self.block = block.number
      self.index = index
      self.failure = failure?.name
      failureText = failure?.text
      let isFinal = block.number <= finalBlock
      state = isFinal ? (failure == nil ? .final : .failed) : .included
    }
  }
}
