import GRDB
import GenkiCore

/// One effect outside, as the journal keeps it.
public struct JournalEntry: Codable, Sendable, Hashable, FetchableRecord {
  /// What was done.
  public var kind: String
  /// To what.
  public var subject: String
  /// `begun`, `done` or `failed`.
  public var state: String
  /// How often it was begun.
  public var attempts: Int
  /// What the last failure said.
  public var error: String?
}

extension Transaction {
  /// Notes that an effect is about to happen.
  public func beginEffect(kind: String, subject: String, now: Double) throws {
    try database.execute(
      sql: """
        INSERT INTO effects (kind, subject, state, attempts, began_at) VALUES (?, ?, 'begun', 1, ?)
        ON CONFLICT (kind, subject) DO UPDATE SET state = 'begun', attempts = attempts + 1
        """, arguments: [kind, subject, now])
  }

  /// Notes that an effect has happened.
  public func finishEffect(kind: String, subject: String, now: Double) throws {
    try database.execute(
      sql: """
        UPDATE effects SET state = 'done', error = NULL, ended_at = ?
        WHERE kind = ? AND subject = ?
        """, arguments: [now, kind, subject])
  }

  /// Notes that an effect failed; it may be begun again.
  public func failEffect(kind: String, subject: String, error: String, now: Double) throws {
    try database.execute(
      sql: """
        UPDATE effects SET state = 'failed', error = ?, ended_at = ?
        WHERE kind = ? AND subject = ?
        """, arguments: [error, now, kind, subject])
  }

  /// Ends what a process that is gone has left begun. What is still wanted is begun again; the rest,
  /// which the world has made needless meanwhile, must not look as if it went on.
  public func endInterruptedEffects(now: Double) throws {
    try database.execute(
      sql: """
        UPDATE effects SET state = 'failed', error = ?, ended_at = ? WHERE state = 'begun'
        """, arguments: ["the daemon ended before it could note what came of it", now])
  }

  /// The newest effects first.
  public func journal(limit: Int) throws -> [JournalEntry] {
    try JournalEntry.fetchAll(
      database,
      sql: "SELECT kind, subject, state, attempts, error FROM effects ORDER BY id DESC LIMIT ?",
      arguments: [limit])
  }
}
