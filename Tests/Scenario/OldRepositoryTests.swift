import GenkiHub
import GenkiRound
import GenkiService
import GenkiStore
import Testing

/// Our own repositories of old rounds: hidden or removed once, others never.
@Suite struct OldRepositoryTests {
  private func world(_ end: HubSection.OldRepositories) throws -> World {
    var options = ScenarioOptions(seed: 1)
    options.rounds = 3
    options.oldRepositories = end
    return try World(options)
  }

  private func id(_ text: String) throws -> RepositoryID { try #require(RepositoryID(text)) }

  /// A stranger's look: nil for what is not there or private.
  private func isShown(_ text: String, _ world: World) throws -> Bool {
    do {
      _ = try world.hub("stranger").head(of: try id(text))
      return true
    } catch HubError.repositoryNotFound {
      return false
    }
  }

  private func retired(_ node: ScenarioNode) throws -> [JournalEntry] {
    try node.store.read { try $0.journal(limit: 1_000) }.filter { $0.kind == "retire_repository" }
  }

  @Test(arguments: [HubSection.OldRepositories.hide, .delete])
  func repositoriesOfOldRoundsComeToTheirEndOnce(end: HubSection.OldRepositories) throws {
    let world = try world(end)
    let (miner, coordinator) = (world.miners[0], world.coordinator)
    // Made by hand under our name, and named like one of ours: our state does not know it.
    let others = ["miner-0/model-r0", "validator-0/other"]
    for other in others {
      let hub = try world.hub(String(other.split(separator: "/")[0]))
      try hub.createRepository(try id(other), visibility: .public)
    }
    // Between the effect and its record, on both sides.
    miner.observer.crashOnce(after: "retire_repository")
    coordinator.observer.crashOnce(after: "retire_repository")
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    #expect(miner.restarts == 1 && coordinator.restarts == 1)
    let bases = try (1...4).map { round in
      try #require(
        try coordinator.store.read { try $0.knownRound(round)?.announced.repository.description })
    }
    for round in 1...3 {
      let isOld = round < 3
      #expect(try isShown("miner-0/model-r\(round)", world) != isOld, "round \(round)")
    }
    // The base of round 2 is what that of round 3, which is kept, was made from.
    #expect(try bases.map { try isShown($0, world) } == [false, true, true, true])
    for other in others { #expect(try isShown(other, world), "\(other)") }
    let before = (try retired(miner), try retired(coordinator))
    #expect((before.0 + before.1).allSatisfy { $0.state == "done" })
    #expect(before.0.map(\.attempts).sorted() == [1, 2])
    #expect(before.1.map(\.attempts) == [2])
    #expect(try retired(world.validators[1]).isEmpty)
    #expect(try world.restartEverybody() == [])
    #expect(try retired(miner) == before.0 && retired(coordinator) == before.1)
    if end == .hide {
      #expect(try world.hub("miner-0").head(of: try id("miner-0/model-r1")) != nil)
    }
  }

  @Test func aRepositoryOfAnotherNamespaceIsNeverTouched() throws {
    let world = try world(.delete)
    let miner = world.miners[0]
    let other = try id("miner-1/model-r1")
    try miner.store.write { try $0.noteOwnRepository(other, round: 0) }
    try world.run { try miner.store.read { try $0.knownRound(4) != nil } }
    try world.settle()
    let subjects = try retired(miner).map(\.subject)
    #expect(subjects.contains("delete miner-0/model-r1"))
    #expect(!subjects.contains("delete miner-1/model-r1"))
  }
}
