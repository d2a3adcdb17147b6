import GRDB
import GenkiCore
import GenkiRound

extension Transaction {
  // MARK: Rounds that are known

  /// Stores a round whose base was fetched.
  public func save(_ round: KnownRound) throws {
    try replace("known_rounds", round: round.round, body: Self.body(round))
  }

  /// A known round by its number.
  public func knownRound(_ round: UInt64) throws -> KnownRound? {
    try value(
      KnownRound.self, "SELECT body FROM known_rounds WHERE round = ?", [Int64(clamping: round)])
  }

  /// The known rounds, newest first.
  public func knownRounds(limit: Int) throws -> [KnownRound] {
    try values(
      KnownRound.self, "SELECT body FROM known_rounds ORDER BY round DESC LIMIT ?", [limit])
  }

  // MARK: Rounds of a validator

  /// Stores a round's new state.
  public func save(_ round: ValidatorRound) throws {
    try database.execute(
      sql: """
        INSERT INTO rounds (round, state, body) VALUES (?, ?, ?)
        ON CONFLICT (round) DO UPDATE SET state = excluded.state, body = excluded.body
        """,
      arguments: [
        Int64(clamping: round.announced.round), round.state.rawValue, try Self.body(round),
      ])
  }

  /// A round by its number.
  public func round(_ number: UInt64) throws -> ValidatorRound? {
    try value(
      ValidatorRound.self, "SELECT body FROM rounds WHERE round = ?", [Int64(clamping: number)])
  }

  /// The rounds, newest first.
  public func rounds(limit: Int) throws -> [ValidatorRound] {
    try values(ValidatorRound.self, "SELECT body FROM rounds ORDER BY round DESC LIMIT ?", [limit])
  }

  // MARK: Candidates

  /// Stores a candidate's new state; `position` is its place in commit order.
  public func save(_ candidate: RoundCandidate, position: Int) throws {
    try database.execute(
      sql: """
        INSERT INTO candidates (round, hotkey, position, state, body) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (round, hotkey) DO UPDATE SET state = excluded.state, body = excluded.body
        """,
      arguments: [
        Int64(clamping: candidate.round), candidate.hotkey.description, position,
        candidate.state.rawValue, try Self.body(candidate),
      ])
  }

  /// The candidates of a round in commit order.
  public func candidates(round: UInt64) throws -> [RoundCandidate] {
    try values(
      RoundCandidate.self, "SELECT body FROM candidates WHERE round = ? ORDER BY position",
      [Int64(clamping: round)])
  }

  // MARK: Scores, weights, verifications

  /// Stores what an evaluation found.
  public func save(_ scores: RoundScores) throws {
    try replace("scores", round: scores.round, body: Self.body(scores))
  }

  /// What the evaluation of a round found.
  public func scores(round: UInt64) throws -> RoundScores? {
    try value(RoundScores.self, "SELECT body FROM scores WHERE round = ?", [Int64(clamping: round)])
  }

  /// What the newest evaluation found.
  public func newestScores() throws -> RoundScores? {
    try value(RoundScores.self, "SELECT body FROM scores ORDER BY round DESC LIMIT 1")
  }

  /// Stores a weight vector.
  public func save(_ setting: WeightSetting) throws {
    try database.execute(
      sql: """
        INSERT INTO weight_settings (round, epoch, body) VALUES (?, ?, ?)
        ON CONFLICT (round, epoch) DO UPDATE SET body = excluded.body
        """,
      arguments: [
        Int64(clamping: setting.round), Int64(clamping: setting.epoch), try Self.body(setting),
      ])
  }

  /// The weight vectors, newest first.
  public func weightSettings(limit: Int) throws -> [WeightSetting] {
    try values(
      WeightSetting.self,
      "SELECT body FROM weight_settings ORDER BY round DESC, epoch DESC LIMIT ?", [limit])
  }

  /// Stores what came of verifying a base.
  public func save(_ verification: BaseVerification) throws {
    try replace("verifications", round: verification.round, body: Self.body(verification))
  }

  /// What came of verifying the base of a round.
  public func verification(round: UInt64) throws -> BaseVerification? {
    try value(
      BaseVerification.self, "SELECT body FROM verifications WHERE round = ?",
      [Int64(clamping: round)])
  }

  private func replace(_ table: String, round: UInt64, body: String) throws {
    try database.execute(
      sql: """
        INSERT INTO \(table) (round, body) VALUES (?, ?)
        ON CONFLICT (round) DO UPDATE SET body = excluded.body
        """, arguments: [Int64(clamping: round), body])
  }
}
