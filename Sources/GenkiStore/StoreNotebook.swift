import GRDB
import GenkiChain
import GenkiCore

/// The state as the notebook of a chain's client.
public struct StoreNotebook: ChainNotebook {
  static let genesisKey = "chain_genesis"
  private let store: Store

  /// A notebook in a state.
  public init(_ store: Store) { self.store = store }

  /// The genesis hash of the chain that this state belongs to.
  public func genesis() throws -> ContentDigest? {
    try store.read { try $0.meta(Self.genesisKey) }.flatMap { ContentDigest(hex: $0) }
  }

  /// Keeps the genesis hash.
  public func note(genesis: ContentDigest) throws {
    guard try self.genesis() != genesis else { return }
    try store.write { transaction in
      guard try transaction.meta(Self.genesisKey) == nil else { return }
      try transaction.setMeta(Self.genesisKey, genesis.hex)
    }
  }

  /// The extrinsic index of a hotkey's commitment in a block.
  public func commitmentIndex(of hotkey: SS58Address, block: UInt64) throws -> UInt32? {
    let index = try store.read { transaction in
      try Int64.fetchOne(
        transaction.database,
        sql: "SELECT position FROM commitment_places WHERE block = ? AND hotkey = ?",
        arguments: [Int64(clamping: block), hotkey.description])
    }
    return index.flatMap { UInt32(exactly: $0) }
  }

  /// Keeps extrinsic indices of commitments in one final block.
  public func note(commitmentIndices: [SS58Address: UInt32], block: UInt64) throws {
    guard !commitmentIndices.isEmpty else { return }
    try store.write { transaction in
      for (hotkey, index) in commitmentIndices {
        try transaction.database.execute(
          sql: """
            INSERT INTO commitment_places (block, hotkey, position) VALUES (?, ?, ?)
            ON CONFLICT (block, hotkey) DO NOTHING
            """,
          arguments: [Int64(clamping: block), hotkey.description, Int64(index)])
      }
    }
  }

  /// Forgets the indices of commitments made before a block.
  public func forgetCommitmentIndices(before block: UInt64) throws {
    try store.write { transaction in
      try transaction.database.execute(
        sql: "DELETE FROM commitment_places WHERE block < ?", arguments: [Int64(clamping: block)])
    }
  }
}
