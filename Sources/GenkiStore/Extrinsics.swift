import GRDB
import GenkiCore
import GenkiRound

extension Transaction {
  /// Stores an extrinsic, or what became of it.
  public func save(_ extrinsic: SentExtrinsic) throws {
    try database.execute(
      sql: """
        INSERT INTO extrinsics (hash, purpose, subject, state, nonce, body) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET state = excluded.state, body = excluded.body
        """,
      arguments: [
        extrinsic.hash.hex, extrinsic.purpose.rawValue, extrinsic.subject,
        extrinsic.state.rawValue, Int64(clamping: extrinsic.nonce), try Self.body(extrinsic),
      ])
  }

  /// The extrinsic with a hash.
  public func extrinsic(_ hash: ContentDigest) throws -> SentExtrinsic? {
    try value(
      SentExtrinsic.self, "SELECT body FROM extrinsics WHERE hash = ?", [hash.hex])
  }

  /// Extrinsics that may still be included, oldest first.
  public func openExtrinsics() throws -> [SentExtrinsic] {
    try values(
      SentExtrinsic.self,
      "SELECT body FROM extrinsics WHERE state IN ('signed', 'included') ORDER BY nonce")
  }

  /// All extrinsics, oldest first.
  public func extrinsics(
    purpose: SentExtrinsic.Purpose, subject: String
  ) throws -> [SentExtrinsic] {
    try values(
      SentExtrinsic.self,
      "SELECT body FROM extrinsics WHERE purpose = ? AND subject = ? ORDER BY nonce",
      [purpose.rawValue, subject])
  }

  /// All extrinsics, newest first.
  ///
  /// - Parameter state: Only those in this state.
  public func extrinsics(
    state: SentExtrinsic.State? = nil, limit: Int, offset: Int = 0
  ) throws -> [SentExtrinsic] {
    let page = "ORDER BY rowid DESC LIMIT ? OFFSET ?"
    guard let state else {
      return try values(
        SentExtrinsic.self, "SELECT body FROM extrinsics \(page)", [limit, offset])
    }
    return try values(
      SentExtrinsic.self, "SELECT body FROM extrinsics WHERE state = ? \(page)",
      [state.rawValue, limit, offset])
  }

  /// How many extrinsics are in each state; states without any are left out.
  public func extrinsicCounts() throws -> [SentExtrinsic.State: Int] {
    let rows = try Row.fetchAll(
      database, sql: "SELECT state, COUNT(*) AS number FROM extrinsics GROUP BY state")
    var counts: [SentExtrinsic.State: Int] = [:]
    for row in rows {
      guard let state = SentExtrinsic.State(rawValue: row["state"]) else { continue }
      counts[state] = row["number"]
    }
    return counts
  }
}
