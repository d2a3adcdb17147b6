import GRDB
import GenkiCore

/// Makes blocks of what waits.
struct BlockSealer {
  let state: LedgerState

  /// The block that everything starts from; it depends on the subnet and its settings only.
  static func genesis(netuid: UInt16, settings: LocalChainSettings) -> BlockReference {
    var writer = ScaleWriter()
    writer.append(Array("genki-dama embedded chain genesis".utf8))
    writer.append(integer: netuid)
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
    var writer = ScaleWriter()
    writer.append(Array("genki-dama embedded chain block".utf8))
    writer.append(parent.bytes)
    writer.append(integer: number)
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
        SELECT hash, signer, nonce, last_block, bytes FROM extrinsic
        WHERE block IS NULL AND last_block >= ? ORDER BY signer, nonce, hash
        """, arguments: [block.sql])
    var index: UInt32 = 0
    for row in waiting {
      guard let extrinsic = try verified(row, block: block) else { continue }
      let situation = try CallSituation(of: extrinsic.signer, block: block, in: state)
      let failure = try CallRules.failure(of: extrinsic.call, situation)
      if failure == nil {
        try CallRules.apply(extrinsic.call, situation, index: index, state: state)
      }
      try state.setNonce(of: extrinsic.signer, to: extrinsic.nonce + 1)
      try state.db.execute(
        sql: "UPDATE extrinsic SET block = ?, position = ?, failure = ? WHERE hash = ?",
        arguments: [block.sql, Int64(index), failure?.name, try row.bytes("hash").blob])
      contents.append(try extrinsic.digest)
      index += 1
    }
    return contents
  }

  /// What a row holds whose turn it is. Another user of the file may have written the row without
  /// asking this program, so that everything is checked again; what its signer has not signed, or
  /// what has a nonce that is used, is removed.
  private func verified(_ row: Row, block: UInt64) throws -> LocalExtrinsic? {
    guard let extrinsic = try? Self.read(row, block: block),
      try state.nonce(of: extrinsic.signer) <= extrinsic.nonce
    else {
      try remove(row)
      return nil
    }
    guard try state.nonce(of: extrinsic.signer) == extrinsic.nonce else { return nil }
    do {
      try extrinsic.check(next: block, state: state)
      return extrinsic
    } catch ChainError.refused {
      try remove(row)
      return nil
    }
  }

  private static func read(_ row: Row, block: UInt64) throws -> LocalExtrinsic {
    let extrinsic = try LocalExtrinsic(decoding: try row.bytes("bytes"))
    let described = try extrinsic.extrinsic(validIn: block)
    guard try described.hash == row.digest("hash"), try described.signer == row.address("signer"),
      try described.nonce == row.number("nonce"),
      try described.lastBlock == row.number("last_block")
    else { throw LocalRuntime.badFormat("its row says something else than its bytes") }
    return extrinsic
  }

  private func remove(_ row: Row) throws {
    try state.db.execute(
      sql: "DELETE FROM extrinsic WHERE hash = ?", arguments: [try row.bytes("hash").blob])
  }
}
