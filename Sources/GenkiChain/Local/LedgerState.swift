import Foundation
import GRDB
import GenkiCore

/// One member as the ledger keeps it.
struct LedgerNeuron: Equatable {
  var neuron: Neuron
  /// What it holds of every other member, of 65,535.
  var bonds: [UidWeight] = []
}

/// The ledger's tables inside one transaction.
struct LedgerState {
  /// The end of a version that nothing has replaced.
  static let forever = Int64.max
  /// Blocks whose states are kept, the head's included one more.
  static let window: UInt64 = 256

  let db: Database
  let netuid: UInt16
  let settings: LocalChainSettings
  let genesis: ContentDigest

  /// The condition of the versions in force after a block, or after the newest one.
  static func inForce(_ block: UInt64?) -> (sql: String, arguments: StatementArguments) {
    guard let block else { return ("to_block = ?", [forever]) }
    return ("from_block <= ? AND to_block > ?", [block.sql, block.sql])
  }

  /// Ends the version of a hotkey that is in force; one of the same block has never been.
  func end(_ table: String, key: Data, from block: UInt64) throws {
    try db.execute(
      sql: "DELETE FROM \(table) WHERE hotkey = ? AND from_block = ?", arguments: [key, block.sql])
    try db.execute(
      sql: "UPDATE \(table) SET to_block = ? WHERE hotkey = ? AND to_block = ?",
      arguments: [block.sql, key, Self.forever])
  }

  func head() throws -> BlockReference {
    guard
      let row = try Row.fetchOne(
        db, sql: "SELECT number, hash FROM block ORDER BY number DESC LIMIT 1")
    else { throw ChainError.damaged(source: "ledger", reason: "it has no genesis block") }
    return BlockReference(number: try row.number("number"), hash: try row.digest("hash"))
  }

  func block(_ number: UInt64) throws -> BlockReference? {
    let row = try Row.fetchOne(
      db, sql: "SELECT hash FROM block WHERE number = ?", arguments: [number.sql])
    return try row.map { BlockReference(number: number, hash: try $0.digest("hash")) }
  }

  /// Refuses a block that this chain does not have, or whose state is gone.
  func require(_ reference: BlockReference) throws {
    guard reference.number < UInt64(Self.forever), try block(reference.number) == reference else {
      throw ChainError.unknownBlock(number: reference.number)
    }
    let head = try head().number
    guard head - reference.number <= Self.window else {
      throw ChainError.stateDiscarded(block: reference.number)
    }
  }

  // MARK: Members

  /// The members in the order of uids.
  func neurons(at block: UInt64? = nil) throws -> [LedgerNeuron] {
    let time = Self.inForce(block)
    return try Row.fetchAll(
      db, sql: "SELECT * FROM neuron WHERE \(time.sql) ORDER BY uid", arguments: time.arguments
    ).map(Self.neuron)
  }

  /// The member with a hotkey.
  func neuron(of hotkey: SS58Address, at block: UInt64? = nil) throws -> LedgerNeuron? {
    let time = Self.inForce(block)
    return try Row.fetchOne(
      db, sql: "SELECT * FROM neuron WHERE hotkey = ? AND \(time.sql)",
      arguments: [hotkey.publicKey.blob] + time.arguments
    ).map(Self.neuron)
  }

  /// How many members there are; their uids are the numbers below.
  func memberCount(at block: UInt64? = nil) throws -> Int {
    let time = Self.inForce(block)
    return try Int.fetchOne(
      db, sql: "SELECT count(*) FROM neuron WHERE \(time.sql)", arguments: time.arguments) ?? 0
  }

  private static func neuron(_ row: Row) throws -> LedgerNeuron {
    guard let weights = LedgerBytes.entries(try row.bytes("weights")),
      let bonds = LedgerBytes.entries(try row.bytes("bonds"))
    else { throw ChainError.damaged(source: "ledger", reason: "weights are cut short") }
    let neuron = Neuron(
      uid: try row.short("uid"), hotkey: try row.address("hotkey"),
      coldkey: try row.address("coldkey"), stake: try row.number("stake"),
      hasValidatorPermit: try row.number("permit") != 0,
      lastUpdate: try row.number("last_update"), registeredAt: try row.number("registered_at"),
      incentive: try row.short("incentive"), dividends: try row.short("dividends"),
      consensus: try row.short("consensus"), validatorTrust: try row.short("validator_trust"),
      emission: try row.number("emission"), weights: weights)
    return LedgerNeuron(neuron: neuron, bonds: bonds)
  }

  /// Puts a member in force from a block on, in the place of the one with its uid.
  func store(_ member: LedgerNeuron, from block: UInt64) throws {
    let neuron = member.neuron
    try db.execute(
      sql: "DELETE FROM neuron WHERE uid = ? AND from_block = ?",
      arguments: [neuron.uid, block.sql])
    try db.execute(
      sql: "UPDATE neuron SET to_block = ? WHERE uid = ? AND to_block = ?",
      arguments: [block.sql, neuron.uid, Self.forever])
    try db.execute(
      sql: """
        INSERT INTO neuron (uid, from_block, to_block, hotkey, coldkey, stake, permit, last_update,
          registered_at, incentive, dividends, consensus, validator_trust, emission, weights, bonds)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        neuron.uid, block.sql, Self.forever, neuron.hotkey.publicKey.blob,
        neuron.coldkey.publicKey.blob, neuron.stake.sql, neuron.hasValidatorPermit ? 1 : 0,
        neuron.lastUpdate.sql, neuron.registeredAt.sql, neuron.incentive, neuron.dividends,
        neuron.consensus, neuron.validatorTrust, neuron.emission.sql,
        LedgerBytes.encode(neuron.weights).blob, LedgerBytes.encode(member.bonds).blob,
      ])
  }

  // MARK: Commitments

  func commitments(at block: UInt64) throws -> [CommitmentRecord] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT * FROM commitment WHERE from_block <= ? AND to_block > ?
        ORDER BY from_block, position, hotkey
        """, arguments: [block.sql, block.sql]
    ).map(Self.commitment)
  }

  func commitment(of hotkey: SS58Address, at block: UInt64) throws -> CommitmentRecord? {
    try Row.fetchOne(
      db, sql: "SELECT * FROM commitment WHERE hotkey = ? AND from_block <= ? AND to_block > ?",
      arguments: [hotkey.publicKey.blob, block.sql, block.sql]
    ).map(Self.commitment)
  }

  private static func commitment(_ row: Row) throws -> CommitmentRecord {
    let bytes = try row.bytes("bytes")
    guard bytes.count <= Commitment.bytesMaximum,
      let position = UInt32(exactly: try row.number("position"))
    else { throw ChainError.damaged(source: "ledger", reason: "a commitment is out of range") }
    return CommitmentRecord(
      hotkey: try row.address("hotkey"), block: try row.number("from_block"),
      extrinsicIndex: position, bytes: bytes)
  }

  func store(_ record: CommitmentRecord) throws {
    let key = record.hotkey.publicKey.blob
    try end("commitment", key: key, from: record.block)
    try db.execute(
      sql: """
        INSERT INTO commitment (hotkey, from_block, to_block, position, bytes)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        key, record.block.sql, Self.forever, Int64(record.extrinsicIndex ?? 0), record.bytes.blob,
      ])
  }

  /// Forgets the versions that only blocks before the window had.
  func prune(head: UInt64) throws {
    guard head > Self.window else { return }
    let first = head - Self.window
    for table in ["neuron", "commitment", "commitment_space", "weight_commit"] {
      try db.execute(sql: "DELETE FROM \(table) WHERE to_block <= ?", arguments: [first.sql])
    }
  }
}
