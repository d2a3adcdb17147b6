import GRDB

/// The tables, as numbered migrations. A migration that was released never changes.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: rounds, jobs, submissions, scores") { database in
      for statement in Self.first { try database.execute(sql: statement) }
    }
    migrator.registerMigration("2: places of commitments") { database in
      try database.execute(sql: Self.second)
    }
    migrator.registerMigration("3: repositories that we made") { database in
      for statement in Self.third { try database.execute(sql: statement) }
    }
    return migrator
  }

  // Only what stands here may ever be hidden or removed when its round is old.
  private static let third = [
    """
    CREATE TABLE own_repositories (
      repository TEXT PRIMARY KEY NOT NULL, round INTEGER NOT NULL, fate TEXT) STRICT
    """,
    """
    INSERT OR IGNORE INTO own_repositories (repository, round)
    SELECT json_extract(body, '$.repository'), round FROM submissions
    WHERE json_extract(body, '$.revision') IS NOT NULL ORDER BY id DESC
    """,
  ]

  // Nodes forget the events that tell where in its block a commitment stands.
  private static let second = """
    CREATE TABLE commitment_places (
      block INTEGER NOT NULL, hotkey TEXT NOT NULL, position INTEGER NOT NULL,
      PRIMARY KEY (block, hotkey)) STRICT, WITHOUT ROWID
    """

  private static let first = [
    "CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT",
    // Intent before the effect: a row is `begun` before anything happens outside.
    """
    CREATE TABLE effects (
      id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL,
      attempts INTEGER NOT NULL, error TEXT, began_at REAL NOT NULL, ended_at REAL,
      UNIQUE (kind, subject)) STRICT
    """,
    """
    CREATE TABLE extrinsics (
      hash TEXT PRIMARY KEY NOT NULL, purpose TEXT NOT NULL, subject TEXT NOT NULL,
      state TEXT NOT NULL, nonce INTEGER NOT NULL, body TEXT NOT NULL) STRICT
    """,
    "CREATE INDEX extrinsics_by_subject ON extrinsics (purpose, subject, nonce)",
    """
    CREATE TABLE idempotency (
      key TEXT PRIMARY KEY NOT NULL, method TEXT NOT NULL, parameters TEXT NOT NULL,
      answer TEXT NOT NULL) STRICT
    """,
    "CREATE TABLE known_rounds (round INTEGER PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT",
    "CREATE TABLE datasets (name TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT",
    """
    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY AUTOINCREMENT, round INTEGER, state TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE job_steps (
      job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, step INTEGER NOT NULL,
      loss REAL, PRIMARY KEY (job, step)) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE submissions (
      id INTEGER PRIMARY KEY AUTOINCREMENT, round INTEGER NOT NULL, state TEXT NOT NULL,
      body TEXT NOT NULL) STRICT
    """,
    """
    CREATE TABLE rounds (
      round INTEGER PRIMARY KEY NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL) STRICT
    """,
    """
    CREATE TABLE candidates (
      round INTEGER NOT NULL, hotkey TEXT NOT NULL, position INTEGER NOT NULL, state TEXT NOT NULL,
      body TEXT NOT NULL, PRIMARY KEY (round, hotkey)) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE scores (round INTEGER PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT",
    """
    CREATE TABLE weight_settings (
      round INTEGER NOT NULL, epoch INTEGER NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (round, epoch)) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE verifications (round INTEGER PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT",
  ]
}
