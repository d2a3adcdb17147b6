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
  func commitmentSpace(of hotkey: SS58Address) throws -> (epoch: UInt64, used: UInt64)? {
    let row = try Row.fetchOne(
      db, sql: "SELECT epoch, used FROM commitment_space WHERE hotkey = ?",
      arguments: [hotkey.publicKey.blob])
    return try row.map { (try $0.number("epoch"), try $0.number("used")) }
  }

  func setCommitmentSpace(of hotkey: SS58Address, epoch: UInt64, used: UInt64) throws {
    try db.execute(
      sql: "INSERT OR REPLACE INTO commitment_space (hotkey, epoch, used) VALUES (?, ?, ?)",
      arguments: [hotkey.publicKey.blob, epoch.sql, used.sql])
  }

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
