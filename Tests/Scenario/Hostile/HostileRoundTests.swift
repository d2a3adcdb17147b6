import Foundation
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore
import TestSupport
import Testing

/// A validator in a round of which most is hostile. `GENKI_TABLES=1` prints what became of each kind.
///
/// Memory can be judged only where nothing else runs in the process: `deploy/test` runs this suite once
/// more by itself, with `GENKI_TEST_ALONE=1`.
@Suite(.serialized) struct HostileRoundTests {
  private static let cacheBytesMaximum = 3 << 20
  private static let memoryBytesMaximum = 384 << 20
  /// What a hub may send of a repository for one look: a page of a listing, all files twice, and what
  /// sockets hold unread, which a busy machine lets grow to some MiB.
  private static let lookBytesMaximum = (1 << 20) + 2 * 300_000 + (10 << 20)
  /// A listing or a file is asked for six times, a file at two places.
  private static let lookRequestsMaximum = 20

  @Test func twoHundredHostileRepositoriesCostTheHonestNothing() throws {
    let before = ProcessMemory.current()?.residentBytes ?? 0
    let kinds = HostileKind.all
    let round = try HostileRound(
      (0..<200).map { kinds[$0 % kinds.count] }, honest: 8,
      cacheBytesMaximum: Self.cacheBytesMaximum)
    #expect(Set(round.entries.map(\.kind.name)).count == kinds.count)

    // The honest are here while the others hang; at most they have waited for room on the disk.
    try round.look()
    for _ in 0..<2 where try !round.honest().allSatisfy({ $0.state == .fetched }) {
      try round.seal(1)
    }
    #expect(try round.honest().map(\.state) == Array(repeating: .fetched, count: 8))
    #expect((1...round.entries.count(where: \.kind.hangs)).contains(round.pool.running.count))
    try expectNoEarlyVerdict(round, mayWaitForRoom: true)

    // What takes too long is ended and asked again; at the end of the window it is asked once more.
    try round.wait(seconds: 3_600)
    try round.endHanging()
    try round.seal(1)
    try expectNoEarlyVerdict(round)
    try round.sealRevealWindow()
    try round.wait(seconds: 60)
    try expectNoEarlyVerdict(round)
    #expect(try !round.validator.isScored(round: 1))

    // The round ends for all of them at once.
    try round.seal(Int(World.revealBlocks))
    let scores = try #require(try round.validator.store.read { try $0.scores(round: 1) })
    let table = table(of: round, scores)
    for row in table.rows { try expectRight(row, of: round) }
    for miner in round.world.miners {
      let outcome = scores.outcomes.first { $0.hotkey == miner.hotkey }
      #expect(outcome?.verdict == .accepted, "\(miner.name): \(outcome?.reason ?? "not there")")
      #expect(outcome?.score != nil)
    }
    #expect(round.diskBytes.maximum <= Self.cacheBytesMaximum)
    #expect(round.transfersMaximum <= ThreadTransferPool.foreignMaximum)
    #expect(round.pool.waitUntilIdle(seconds: 60))
    #expect(round.pool.keys.isEmpty)
    try expectSmall(growthSince: before)
    table.printIfWanted(
      "\(round.entries.count) hostile repositories of \(kinds.count) kinds; "
        + "\(round.waves) times something waited for time, "
        + "\(round.diskBytes.maximum) bytes on disk at most")
  }

  /// However many there are, they cost the honest no time, and all end by one deadline.
  @Test(arguments: [
    HostileKind.hangingShards, .dense, .endlessListing,
  ]) func twoHundredOfOneKindTakeNoLongerThanFifty(_ kind: HostileKind) throws {
    let before = ProcessMemory.current()?.residentBytes ?? 0
    var waves: [Int] = []
    // What ends by itself cannot hold up others; two hundred of it show what it costs.
    for count in kind.hangs ? [50, 200] : [200] {
      let round = try HostileRound(
        Array(repeating: kind, count: count), honest: 2, isFirst: true)
      try round.look()
      #expect(try round.honest().map(\.state) == [.fetched, .fetched], "\(kind.name)")
      #expect(round.pool.running.count == (kind.hangs ? count : 0), "\(kind.name)")
      try round.wait(seconds: 3_600)
      try round.endHanging()
      try round.sealRevealWindow()
      try round.seal(Int(World.revealBlocks))
      let scores = try #require(try round.validator.store.read { try $0.scores(round: 1) })
      for row in table(of: round, scores).rows { try expectRight(row, of: round) }
      #expect(scores.outcomes.count { $0.verdict == .accepted } == 2)
      #expect(round.pool.waitUntilIdle(seconds: 60))
      waves.append(round.waves)
    }
    #expect(Set(waves).count == 1, "\(kind.name): \(waves)")
    try expectSmall(growthSince: before)
  }

  // MARK: What is expected

  private func expectRight(_ row: HostileTable.Row, of round: HostileRound) throws {
    let (kind, outcome) = (row.entry.kind, row.outcome)
    let (name, reason) = (kind.name, outcome?.reason ?? "")
    #expect(outcome.flatMap { HostileKind.Verdict($0) } == kind.verdict, "\(name): \(reason)")
    #expect(reason.contains(kind.reason), "\(name): \(reason)")
    #expect(!reason.contains(round.world.folder), "\(name): \(reason)")
    #expect(outcome?.weight == 0, "\(name)")
    let looks = round.waves + 1
    #expect(row.bytes <= looks * Self.lookBytesMaximum, "\(name): \(row.bytes) bytes")
    #expect(row.requests <= looks * Self.lookRequestsMaximum, "\(name): \(row.requests) requests")
  }

  /// What may be over later is no verdict before the round ends, and the rest has its own, unless it
  /// still waits for room.
  private func expectNoEarlyVerdict(
    _ round: HostileRound, mayWaitForRoom: Bool = false
  ) throws {
    let candidates = try round.candidates()
    for entry in round.entries {
      let state = candidates[entry.hotkey]?.state
      if mayWaitForRoom, state == .pending { continue }
      switch entry.kind.verdict {
      case .unavailable:
        #expect(state == .pending || state == .unavailable, "\(entry.kind.name)")
      case .rejected(let gate, _) where gate <= 5:
        #expect(state == .rejected, "\(entry.kind.name)")
      case .rejected:
        #expect(state == .rejected || state == .fetched, "\(entry.kind.name)")
      }
    }
  }

  private func table(of round: HostileRound, _ scores: RoundScores) -> HostileTable {
    let outcomes = Dictionary(scores.outcomes.map { ($0.hotkey, $0) }) { first, _ in first }
    let requests = round.server.requests
    // Nothing is read that the base has.
    let read = requests.filter { $0.isFile && $0.repository?.hasPrefix("hostile-") ?? false }
    #expect(!read.contains { $0.path.hasSuffix("/config.json") })
    #expect(!read.contains { $0.path.hasSuffix("/tokenizer.json") })
    let counts = Dictionary(grouping: requests) { $0.repository ?? "" }.mapValues(\.count)
    return HostileTable(
      rows: round.entries.map { entry in
        let id = entry.repository.description
        return HostileTable.Row(
          entry: entry, outcome: outcomes[entry.hotkey], bytes: round.server.bytesSent(of: id),
          requests: counts[id] ?? 0)
      })
  }

  private func expectSmall(growthSince before: Int) throws {
    guard ProcessInfo.processInfo.environment["GENKI_TEST_ALONE"] == "1" else { return }
    let growth = try #require(ProcessMemory.current()).residentBytesMaximum - before
    #expect(growth < Self.memoryBytesMaximum, "grew by \(growth >> 20) MiB")
  }
}
