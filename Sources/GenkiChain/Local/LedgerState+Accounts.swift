import GRDB
import GenkiCore

/// A hotkey that has been registered at some time, a member or not.
struct LedgerHotkey: Equatable {
  var coldkey: SS58Address
  var stake: UInt64
}

extension LedgerState {
  /// The nonce of the next extrinsic of a key that can be included.
  func nonce(of hotkey: SS58Address) throws -> UInt64 {
    let row = try Row.fetchOne(
      db, sql: "SELECT next FROM nonce WHERE hotkey = ?", arguments: [hotkey.publicKey.blob])
    return try row?.number("next") ?? 0
  }

  func setNonce(of hotkey: SS58Address, to next: UInt64) throws {
    try db.execute(
      sql: "INSERT OR REPLACE INTO nonce (hotkey, next) VALUES (?, ?)",
      arguments: [hotkey.publicKey.blob, next.sql])
  }

  /// What an account can spend; the genesis balance if it has never appeared.
  func balance(of coldkey: SS58Address) throws -> UInt64 {
    let row = try Row.fetchOne(
      db, sql: "SELECT free FROM account WHERE coldkey = ?", arguments: [coldkey.publicKey.blob])
    return try row?.number("free") ?? min(settings.genesisBalance, UInt64(Self.forever))
  }

  func setBalance(of coldkey: SS58Address, to free: UInt64) throws {
    try db.execute(
      sql: "INSERT OR REPLACE INTO account (coldkey, free) VALUES (?, ?)",
      arguments: [coldkey.publicKey.blob, free.sql])
  }

  func hotkey(_ hotkey: SS58Address) throws -> LedgerHotkey? {
    let row = try Row.fetchOne(
      db, sql: "SELECT coldkey, stake FROM hotkey WHERE hotkey = ?",
      arguments: [hotkey.publicKey.blob])
    return try row.map {
      LedgerHotkey(coldkey: try $0.address("coldkey"), stake: try $0.number("stake"))
    }
  }

  func setHotkey(_ hotkey: SS58Address, to value: LedgerHotkey) throws {
    try db.execute(
      sql: "INSERT OR REPLACE INTO hotkey (hotkey, coldkey, stake) VALUES (?, ?, ?)",
      arguments: [hotkey.publicKey.blob, value.coldkey.publicKey.blob, value.stake.sql])
  }

  /// The epoch, and what the key has used of its space for commitments in it.
  func commitmentSpace(of hotkey: SS58Address, at block: UInt64? = nil) throws
    -> (epoch: UInt64, used: UInt64)?
  {
    let time = Self.inForce(block)
    let row = try Row.fetchOne(
      db, sql: "SELECT epoch, used FROM commitment_space WHERE hotkey = ? AND \(time.sql)",
      arguments: [hotkey.publicKey.blob] + time.arguments)
    return try row.map { (try $0.number("epoch"), try $0.number("used")) }
  }

  func setCommitmentSpace(of hotkey: SS58Address, from block: UInt64, epoch: UInt64, used: UInt64)
    throws
  {
    let key = hotkey.publicKey.blob
    try end("commitment_space", key: key, from: block)
    try db.execute(
      sql: """
        INSERT INTO commitment_space (hotkey, from_block, to_block, epoch, used)
        VALUES (?, ?, ?, ?, ?)
        """, arguments: [key, block.sql, Self.forever, epoch.sql, used.sql])
  }

  // MARK: Commits to weights

  /// What a hotkey has committed to and not revealed, oldest first.
  func weightCommits(of hotkey: SS58Address, at block: UInt64? = nil) throws -> [OpenWeightCommit] {
    let time = Self.inForce(block)
    return try Row.fetchAll(
      db, sql: "SELECT * FROM weight_commit WHERE hotkey = ? AND \(time.sql) ORDER BY id",
      arguments: [hotkey.publicKey.blob] + time.arguments
    ).map(Self.weightCommit)
  }

  /// What all hotkeys have committed to and not revealed, oldest first.
  func weightCommits() throws -> [SS58Address: [OpenWeightCommit]] {
    let rows = try Row.fetchAll(
      db, sql: "SELECT * FROM weight_commit WHERE to_block = ? ORDER BY id",
      arguments: [Self.forever])
    return try Dictionary(grouping: rows) { try $0.address("hotkey") }
      .mapValues { try $0.map(Self.weightCommit) }
  }

  func store(_ commit: OpenWeightCommit, of hotkey: SS58Address) throws {
    try db.execute(
      sql: """
        INSERT INTO weight_commit (hotkey, from_block, to_block, hash, epoch)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        hotkey.publicKey.blob, commit.block.sql, Self.forever, commit.hash.bytes.blob,
        commit.epoch.sql,
      ])
  }

  /// Ends the oldest commits of a hotkey.
  func endWeightCommits(of hotkey: SS58Address, first count: Int, from block: UInt64) throws {
    try db.execute(
      sql: """
        UPDATE weight_commit SET to_block = ? WHERE id IN (
          SELECT id FROM weight_commit WHERE hotkey = ? AND to_block = ? ORDER BY id LIMIT ?)
        """, arguments: [block.sql, hotkey.publicKey.blob, Self.forever, count])
  }

  private static func weightCommit(_ row: Row) throws -> OpenWeightCommit {
    OpenWeightCommit(
      hash: try row.digest("hash"), epoch: try row.number("epoch"),
      block: try row.number("from_block"))
  }

  // MARK: The pool

  /// What waits to be included: nonces of a key, ascending, that can still be included in `block`.
  func waitingNonces(of hotkey: SS58Address, block: UInt64) throws -> [UInt64] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT nonce FROM extrinsic WHERE block IS NULL AND signer = ? AND last_block >= ?
        ORDER BY nonce
        """, arguments: [hotkey.publicKey.blob, block.sql]
    ).map { try $0.number("nonce") }
  }
}
