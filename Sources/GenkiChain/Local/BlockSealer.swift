import GRDB
import GenkiCore

/// Makes blocks of what waits.
struct BlockSealer {
  let state: LedgerState

  /// The block that everything starts from; it depends on the subnet and its settings only.
  static func genesis(netuid: UInt16, settings: LocalChainSettings) -> BlockReference {
    var writer = LedgerBytes.Writer()
    writer.append(Array("genki-dama embedded chain genesis".utf8))
    writer.append(netuid)
    writer.append(settings.encoded)
    return BlockReference(number: 0, hash: SHA256Hasher.digest(of: writer.bytes))
  }

  /// Appends blocks: the first takes all that can be included, the others are empty but for epochs.
  @discardableResult
  func seal(count: UInt64) throws -> BlockReference {
    var head = try state.head()
    guard count > 0 else { return head }
    for step in 0..<count {
      let number = head.number + 1
      try EpochRules.runIfDue(block: number, state: state)
      // Nothing can be submitted meanwhile, so whatever waits after the first block goes on waiting.
      let contents = step == 0 ? try include(in: number) : []
      head = BlockReference(number: number, hash: Self.hash(parent: head.hash, number, contents))
      try state.db.execute(
        sql: "INSERT INTO block (number, hash) VALUES (?, ?)",
        arguments: [number.sql, head.hash.bytes.blob])
    }
    try state.prune(head: head.number)
    return head
  }

  private static func hash(parent: ContentDigest, _ number: UInt64, _ contents: [ContentDigest])
    -> ContentDigest
  {
    var root = SHA256Hasher()
    for content in contents { root.update(content.bytes) }
    var writer = LedgerBytes.Writer()
    writer.append(Array("genki-dama embedded chain block".utf8))
    writer.append(parent.bytes)
    writer.append(number)
    writer.append(root.finish().bytes)
    return SHA256Hasher.digest(of: writer.bytes)
  }

  /// Applies what waits and returns the digests of what was included, signatures left out: they
  /// may be random, and the chain of hashes shall not depend on that.
  private func include(in block: UInt64) throws -> [ContentDigest] {
    var contents: [ContentDigest] = []
    for work in try AdministrationQueue(state: state).waiting() {
      let failure = try AdministrationRules.apply(work.work, block: block, state: state)
      try state.db.execute(
        sql: "UPDATE administration SET block = ?, failure = ? WHERE id = ?",
        arguments: [block.sql, failure?.name, work.id])
      contents.append(SHA256Hasher.digest(of: work.work.payload))
    }
    let waiting = try Row.fetchAll(
      state.db,
      sql: """
        SELECT hash, payload, signature FROM extrinsic WHERE block IS NULL AND last_block >= ?
        ORDER BY signer, nonce
        """, arguments: [block.sql])
    var index: UInt32 = 0
    for row in waiting {
      let payload = try row.bytes("payload")
      let extrinsic = try LocalExtrinsic(decoding: payload + row.bytes("signature"))
      guard try state.nonce(of: extrinsic.signer) == extrinsic.nonce else { continue }
      let failure = try apply(extrinsic, block: block, index: index)
      try state.setNonce(of: extrinsic.signer, to: extrinsic.nonce + 1)
      try state.db.execute(
        sql: "UPDATE extrinsic SET block = ?, position = ?, failure = ? WHERE hash = ?",
        arguments: [block.sql, Int64(index), failure?.name, try row.bytes("hash").blob])
      contents.append(SHA256Hasher.digest(of: payload))
      index += 1
    }
    return contents
  }

  private func apply(_ extrinsic: LocalExtrinsic, block: UInt64, index: UInt32) throws
    -> CallFailure?
  {
    switch extrinsic.call {
    case .setCommitment(let netuid, let bytes):
      try CallRules.commit(
        bytes, netuid: netuid, by: extrinsic.signer, block: block, index: index, state: state)
    case .setWeights(let netuid, let weights, let versionKey):
      try CallRules.setWeights(
        weights, netuid: netuid, versionKey: versionKey, by: extrinsic.signer, block: block,
        state: state)
    case .commitWeights, .revealWeights, .register: "CallFiltered"
    }
  }
}
