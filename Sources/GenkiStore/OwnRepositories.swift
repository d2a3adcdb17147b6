import GRDB
import GenkiCore
import GenkiHub

extension Transaction {
  /// Notes a repository that we have filled for a round; what became of an earlier one of its name
  /// says nothing of it.
  public func noteOwnRepository(_ repository: RepositoryID, round: UInt64) throws {
    try database.execute(
      sql: """
        INSERT INTO own_repositories (repository, round) VALUES (?, ?)
        ON CONFLICT (repository) DO UPDATE SET round = max(round, excluded.round), fate = NULL
        """, arguments: [repository.description, Int64(clamping: round)])
  }

  /// Our repositories of rounds before one, oldest first, besides those that have come to one of these
  /// ends already.
  public func ownRepositories(before round: UInt64, besides fates: [String]) throws
    -> [RepositoryID]
  {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT repository, fate FROM own_repositories WHERE round < ? ORDER BY round, repository
        """, arguments: [Int64(clamping: round)])
    return rows.compactMap { row in
      let fate: String? = row["fate"]
      guard fate.map({ !fates.contains($0) }) ?? true else { return nil }
      return RepositoryID(row["repository"])
    }
  }

  /// Notes what became of a repository of ours.
  public func setFate(_ fate: String, ofOwnRepository repository: RepositoryID) throws {
    try database.execute(
      sql: "UPDATE own_repositories SET fate = ? WHERE repository = ?",
      arguments: [fate, repository.description])
  }
}
