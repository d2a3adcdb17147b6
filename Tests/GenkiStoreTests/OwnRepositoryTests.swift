import GRDB
import GenkiChain
import GenkiCore
import GenkiHub
import GenkiRound
import GenkiStore
import TestSupport
import Testing

@Suite struct OwnRepositoryTests {
  private func id(_ text: String) throws -> RepositoryID { try #require(RepositoryID(text)) }

  @Test func repositoriesOfOldRoundsAreDueUntilTheyHaveComeToAnEnd() throws {
    let folder = try TemporaryFolder()
    let store = try Store(path: folder.file("state.sqlite"), role: .miner)
    let (one, two) = (try id("me/model-r1"), try id("me/model-r2"))
    try store.write { transaction in
      try transaction.noteOwnRepository(two, round: 2)
      try transaction.noteOwnRepository(one, round: 1)
    }
    func due(before round: UInt64, besides fates: [String] = ["private", "delete"]) throws
      -> [RepositoryID]
    {
      try store.read { try $0.ownRepositories(before: round, besides: fates) }
    }
    #expect(try due(before: 1) == [])
    #expect(try due(before: 2) == [one])
    #expect(try due(before: 3) == [one, two])
    try store.write { try $0.setFate("private", ofOwnRepository: one) }
    #expect(try due(before: 3) == [two])
    // One that is hidden can still be removed.
    #expect(try due(before: 3, besides: ["delete"]) == [one, two])
    // Filled anew it is as new, for the later round.
    try store.write { try $0.noteOwnRepository(one, round: 5) }
    #expect(try due(before: 3) == [two])
    #expect(try due(before: 6) == [two, one])
  }

  /// A state of the version before knows what it has uploaded.
  @Test func uploadsOfAnOlderStateAreKnown() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("state.sqlite")
    let digest = SHA256Hasher.digest(of: [1])
    do {
      let store = try Store(path: path, role: .miner)
      try store.write { transaction in
        for round in UInt64(1)...2 {
          var submission = Submission(
            round: round, base: digest, closesAt: 9, job: nil, model: "m", contentHash: digest,
            repository: try id("me/model-r\(round)"))
          if round == 1 {
            let revision = try #require(Revision(bytes: [UInt8](repeating: 7, count: 20)))
            try submission.apply(.uploaded(revision))
          }
          try transaction.save(&submission)
        }
      }
      try store.close()
    }
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
      try database.execute(sql: "DROP TABLE own_repositories")
      try database.execute(
        sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '3:%'")
    }
    try queue.close()
    let store = try Store(path: path, role: .miner)
    let due = try store.read { try $0.ownRepositories(before: 9, besides: []) }
    #expect(due == [try id("me/model-r1")])
  }
}
