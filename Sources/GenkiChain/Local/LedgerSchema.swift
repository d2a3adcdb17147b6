import GRDB

/// The ledger's tables. A published migration is never changed: a new version adds one.
///
/// Rows of `neuron`, `commitment`, `commitment_space` and `weight_commit` are versions: in force from
/// `from_block` on, until before `to_block`, which is the largest number while nothing has ended them.
enum LedgerSchema {
  /// The oldest ledger that can be brought to this version. In those of version 1 nobody had verified
  /// a signature, so that nothing in them can be believed.
  static let oldest = 2
  /// The number that a file of this version holds.
  static var version: Int { oldest + migrations.count - 1 }

  /// Makes the tables of this version in a file of an older one; 0 is a file without tables.
  static func migrate(_ db: Database, from version: Int) throws {
    let done = version == 0 ? 0 : version - oldest + 1
    for statement in migrations.dropFirst(done) { try db.execute(sql: statement) }
    try db.execute(sql: "PRAGMA user_version = \(Self.version)")
  }

  private static let migrations = [
    """
    CREATE TABLE chain (
      id INTEGER PRIMARY KEY CHECK (id = 0), netuid INTEGER NOT NULL, settings BLOB NOT NULL,
      head_time REAL NOT NULL
    ) STRICT;
    CREATE TABLE block (number INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
    CREATE TABLE extrinsic (
      hash BLOB NOT NULL PRIMARY KEY, signer BLOB NOT NULL, nonce INTEGER NOT NULL,
      last_block INTEGER NOT NULL, bytes BLOB NOT NULL,
      block INTEGER, position INTEGER, failure TEXT
    ) STRICT;
    CREATE INDEX extrinsic_waiting ON extrinsic (signer, nonce) WHERE block IS NULL;
    CREATE TABLE nonce (hotkey BLOB NOT NULL PRIMARY KEY, next INTEGER NOT NULL) STRICT;
    CREATE TABLE administration (
      id INTEGER PRIMARY KEY AUTOINCREMENT, hotkey BLOB NOT NULL, coldkey BLOB,
      amount INTEGER NOT NULL, block INTEGER, failure TEXT
    ) STRICT;
    CREATE INDEX administration_waiting ON administration (id) WHERE block IS NULL;
    CREATE TABLE account (coldkey BLOB NOT NULL PRIMARY KEY, free INTEGER NOT NULL) STRICT;
    CREATE TABLE hotkey (
      hotkey BLOB NOT NULL PRIMARY KEY, coldkey BLOB NOT NULL, stake INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE commitment_space (
      hotkey BLOB NOT NULL, from_block INTEGER NOT NULL, to_block INTEGER NOT NULL,
      epoch INTEGER NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (hotkey, from_block)
    ) STRICT;
    CREATE INDEX commitment_space_end ON commitment_space (to_block);
    CREATE TABLE commitment (
      hotkey BLOB NOT NULL, from_block INTEGER NOT NULL, to_block INTEGER NOT NULL,
      position INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (hotkey, from_block)
    ) STRICT;
    CREATE INDEX commitment_end ON commitment (to_block);
    CREATE TABLE weight_commit (
      id INTEGER PRIMARY KEY AUTOINCREMENT, hotkey BLOB NOT NULL, from_block INTEGER NOT NULL,
      to_block INTEGER NOT NULL, hash BLOB NOT NULL, epoch INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX weight_commit_end ON weight_commit (to_block, hotkey);
    CREATE INDEX weight_commit_hotkey ON weight_commit (hotkey, id);
    CREATE TABLE neuron (
      uid INTEGER NOT NULL, from_block INTEGER NOT NULL, to_block INTEGER NOT NULL,
      hotkey BLOB NOT NULL, coldkey BLOB NOT NULL, stake INTEGER NOT NULL,
      permit INTEGER NOT NULL, last_update INTEGER NOT NULL, registered_at INTEGER NOT NULL,
      incentive INTEGER NOT NULL, dividends INTEGER NOT NULL, consensus INTEGER NOT NULL,
      validator_trust INTEGER NOT NULL, emission INTEGER NOT NULL, weights BLOB NOT NULL,
      bonds BLOB NOT NULL, PRIMARY KEY (uid, from_block)
    ) STRICT;
    CREATE INDEX neuron_end ON neuron (to_block, hotkey);
    CREATE INDEX neuron_hotkey ON neuron (hotkey, from_block);
    """
  ]
}
