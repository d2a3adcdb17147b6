import GenkiChain
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiStore
import Testing

/// Transfers on threads of their own, some of which never end.
@Suite struct HangingHubTests {
  /// Gives a node threads for its transfers and a hub that hangs at some repositories.
  private func hang(
    _ node: ScenarioNode, in world: World, at isHanging: @escaping @Sendable (RepositoryID) -> Bool
  ) throws -> (pool: ThreadTransferPool, bell: Bell) {
    let (bell, clock) = (Bell(), world.clock)
    let pool = ThreadTransferPool(
      now: { clock.now }, observer: node.observer, onEnd: { bell.ring() })
    node.transfers = pool
    node.hub = HangingHub(inner: node.hub, isHanging: isHanging)
    try node.crash()
    return (pool, bell)
  }

  /// Looks until a condition holds; between two looks something must have ended.
  private func look(
    _ node: ScenarioNode, _ bell: Bell, until isOver: () throws -> Bool
  ) throws {
    for _ in 0..<200 {
      while case .progressed = try node.tick() {}
      if try isOver() { return }
      bell.wait()
    }
    Issue.record("it does not come to an end: \(node.problems)")
  }

  @Test func aRepositoryThatHangsHoldsUpNobodyElsesVerdict() throws {
    var options = ScenarioOptions(seed: 1)
    options.miners = 3
    let world = try World(options)
    let (late, slow) = (world.validators[1], world.miners[2])
    try world.run { try late.store.read { try $0.round(1) != nil } }
    late.offlineUntil = .max
    try world.run { try world.coordinator.isScored(round: 1) }
    let repository = try #require(try slow.store.read { try $0.submission(round: 1)?.repository })
    let (pool, bell) = try hang(late, in: world) { $0 == repository }
    func candidates() throws -> [RoundCandidate] {
      try late.store.read { try $0.candidates(round: 1) }
    }
    try look(late, bell) { try candidates().count { $0.state == .fetched } == 2 }
    #expect(try candidates().first { $0.hotkey == slow.hotkey }?.state == .pending)
    #expect(try late.tick() == .working)
    let status = try #require(pool.running.first)
    #expect(status.label.repository == repository)
    #expect(status.json["hotkey"]?.stringValue == slow.hotkey.description)
    #expect(status.json["bytes_done"]?.intValue == 12 << 10)
    // It takes longer than it may: that is no verdict, and it is tried again.
    world.clock.advance(to: world.clock.now + 3_600)
    let subject = "r1 \(slow.hotkey)"
    func entry() throws -> JournalEntry? {
      try late.store.read { try $0.journal(limit: 100) }
        .first { $0.kind == "fetch_candidate" && $0.subject == subject }
    }
    try look(late, bell) { try entry()?.state == "failed" }
    #expect(try entry()?.error?.contains("12.0 KiB of 32.4 KiB in 3600 s") == true)
    #expect(try candidates().first { $0.hotkey == slow.hotkey }?.state == .pending)
    world.clock.advance(to: world.clock.now + 60)
    try world.chain.seal()
    _ = try late.tick()
    #expect(try entry()?.state == "begun")
    #expect(pool.running.count == 1)
    // The round ends: it is unavailable, and how far it came is said.
    let round = try #require(try late.store.read { try $0.round(1) })
    try world.chain.seal(count: Int(round.revealEndsAt + World.revealBlocks))
    try look(late, bell) { try late.isScored(round: 1) }
    let scores = try #require(try late.store.read { try $0.scores(round: 1) })
    let outcome = scores.outcomes.first { $0.hotkey == slow.hotkey }
    #expect(outcome?.verdict == .unavailable)
    #expect(outcome?.reason == "the hub was not done in time: 12.0 KiB of 32.4 KiB in 3660 s")
    #expect(scores.outcomes.count { $0.verdict == .accepted } == 2)
    #expect(try entry()?.state == "failed")
    #expect(pool.waitUntilIdle(seconds: 30))
  }

  @Test func anUploadThatHangsEndsWithItsRound() throws {
    var options = ScenarioOptions(seed: 1)
    options.miners = 3
    let world = try World(options)
    let lost = world.miners[1]
    lost.offlineUntil = .max
    try world.run { try world.coordinator.store.read { try $0.round(1) != nil } }
    let account = lost.name
    let (pool, bell) = try hang(lost, in: world) { $0.namespace == account }
    try look(lost, bell) { pool.running.contains { $0.label.direction == .up } }
    // The loop goes on beside it, and the upload is begun once only.
    #expect(try lost.tick() == .working)
    let job = try #require(try lost.store.read { try $0.submission(round: 1)?.job })
    #expect(pool.running.first?.json["job"]?.intValue == Int(job))
    try world.run { try world.coordinator.isScored(round: 1) }
    while case .progressed = try lost.tick() {}
    #expect(try lost.store.read { try $0.submission(round: 1)?.state } == .superseded)
    let journal = try lost.store.read { try $0.journal(limit: 100) }
    let entry = journal.first { $0.kind == "upload" }
    #expect(entry?.state == "failed")
    #expect(entry?.attempts == 1)
    #expect(pool.waitUntilIdle(seconds: 30))
  }

  /// The end of a daemon ends what moves, and leaves it begun for the next start.
  @Test func whatTheEndOfADaemonEndsIsBegunAgain() throws {
    let world = try World(ScenarioOptions(seed: 1))
    let miner = world.miners[0]
    miner.offlineUntil = .max
    try world.run { try world.coordinator.store.read { try $0.round(1) != nil } }
    let account = miner.name
    let (pool, bell) = try hang(miner, in: world) { $0.namespace == account }
    try look(miner, bell) { pool.running.contains { $0.label.direction == .up } }
    pool.stopAll()
    #expect(pool.waitUntilIdle(seconds: 30))
    _ = try miner.tick()
    func upload() throws -> JournalEntry? {
      try miner.store.read { try $0.journal(limit: 100) }.first { $0.kind == "upload" }
    }
    #expect(try upload()?.state == "begun")
    miner.transfers = nil
    miner.hub = try world.hub(miner.name)
    try miner.crash()
    miner.offlineUntil = 0
    try world.runAllRounds()
    #expect(try upload()?.state == "done")
    #expect(try upload()?.attempts == 2)
    #expect(try Invariants(world).broken == [])
  }
}
