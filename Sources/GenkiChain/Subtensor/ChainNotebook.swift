import GenkiCore
import Synchronization

/// What a client of a chain keeps between runs, because the nodes forget it or must not change it.
public protocol ChainNotebook: Sendable {
  /// The genesis hash of the chain that this state belongs to.
  func genesis() throws -> ContentDigest?
  /// Keeps the genesis hash; it never changes afterwards.
  func note(genesis: ContentDigest) throws
  /// The extrinsic index of a hotkey's commitment in a block; nil if it was never looked for.
  func commitmentIndex(of hotkey: SS58Address, block: UInt64) throws -> UInt32?
  /// Keeps extrinsic indices of commitments in one final block.
  func note(commitmentIndices: [SS58Address: UInt32], block: UInt64) throws
  /// Forgets the indices of commitments made before a block.
  func forgetCommitmentIndices(before block: UInt64) throws
}

/// A notebook that lasts as long as the process, for a look at a chain.
public final class PassingNotebook: ChainNotebook {
  private struct Pages {
    var genesis: ContentDigest?
    var indices: [UInt64: [SS58Address: UInt32]] = [:]
  }

  private let pages = Mutex(Pages())

  /// An empty notebook.
  public init() {}

  /// What was noted, if anything.
  public func genesis() -> ContentDigest? { pages.withLock { $0.genesis } }
  /// Notes it.
  public func note(genesis: ContentDigest) { pages.withLock { $0.genesis = genesis } }
  /// What was noted, if anything.
  public func commitmentIndex(of hotkey: SS58Address, block: UInt64) -> UInt32? {
    pages.withLock { $0.indices[block]?[hotkey] }
  }
  /// Notes them.
  public func note(commitmentIndices: [SS58Address: UInt32], block: UInt64) {
    pages.withLock { $0.indices[block, default: [:]].merge(commitmentIndices) { $1 } }
  }
  /// Forgets those of older blocks.
  public func forgetCommitmentIndices(before block: UInt64) {
    pages.withLock { pages in pages.indices = pages.indices.filter { $0.key >= block } }
  }
}
