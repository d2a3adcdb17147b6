import GenkiChain
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiStore
import Testing

/// Scenarios that have a name.
@Suite(.serialized) struct NamedScenarioTests {
  private func options(
    seed: UInt64 = 1, _ change: (inout ScenarioOptions) -> Void = { _ in }
  ) -> ScenarioOptions {
    var options = ScenarioOptions(seed: seed)
    change(&options)
    return options
  }

  private func outcomes(_ world: World, round: UInt64 = 1) throws -> [Outcome] {
    try world.coordinator.store.read { try $0.scores(round: round)?.outcomes ?? [] }
  }

  @Test func twoMinersAreRewardedAndTheBaseImproves() throws {
    let world = try World(options())
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    let outcomes = try outcomes(world)
    #expect(outcomes.count == 2)
    #expect(outcomes.allSatisfy { $0.weight > 0 })
    let known = try world.coordinator.store.read { try $0.knownRound(2) }
    #expect(known?.document.made?.damaSha256 != nil)
    // A look from outside tells the same while the daemon runs and when it has ended.
    let store = world.coordinator.store
    let newest = try store.read { try $0.knownRounds(limit: 1).first }
    #expect(newest != nil)
    #expect(Store.newestRound(path: store.path) == newest)
    try store.close()
    #expect(Store.newestRound(path: store.path) == newest)
  }

  @Test func everyAttackAtOnceEarnsNothing() throws {
    let world = try World(
      options {
        $0.miners = 4
        $0.rounds = 2
        $0.attacks = Attack.allCases
      })
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    for attacker in world.attackers where attacker.attack != .previousRound {
      let outcome = try outcomes(world).first { $0.hotkey == attacker.signer.address }
      let code = outcome.map { $0.code ?? "accepted" } ?? "not a candidate"
      #expect(code == Self.codes[attacker.attack], "\(attacker.attack)")
    }
    let previous = world.attackers.first { $0.attack == .previousRound }?.signer.address
    #expect(try outcomes(world, round: 2).first { $0.hotkey == previous }?.code == "duplicate")
  }

  /// What is to become of each attack in its first round.
  private static let codes: [Attack: String] = [
    .copy: "duplicate", .copyWithNoise: "too_similar", .foreignRepository: "duplicate",
    .foreignCommitment: "not_bound", .garbage: "not a candidate", .wrongBase: "not a candidate",
    .notANumber: "non_finite", .hugeNorm: "change_too_large", .neverPublic: "unavailable",
    .oversize: "files_refused", .pickle: "files_refused", .recommit: "duplicate",
    .deleted: "unavailable", .hidden: "unavailable",
  ]

  @Test func thirtyMinersInOneRound() throws {
    let world = try World(options { $0.miners = 30 })
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    #expect(try outcomes(world).count == 30)
  }

  @Test func aMinerWithoutADataSetSaysSo() throws {
    let world = try World(
      options {
        $0.miners = 3
        $0.withoutData = [1]
      })
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    #expect(world.miners[1].problems.map(\.code).contains("no_dataset"))
    #expect(try outcomes(world).count == 2)
  }

  @Test func aMinerThatIsLateCommitsNothing() throws {
    let world = try World(options { $0.miners = 3 })
    let late = world.miners[2]
    late.offlineUntil = .max
    try world.run { try world.coordinator.store.read { try $0.round(1) != nil } }
    let announced = try #require(try world.coordinator.store.read { try $0.round(1)?.announced })
    late.offlineUntil = announced.closesAt - 1
    try world.run { try world.chain.head().number >= announced.closesAt }
    #expect(late.problems.map(\.code).contains("late"))
    try world.runAllRounds()
    #expect(try outcomes(world).map(\.hotkey).contains(late.hotkey) == false)
  }

  @Test func aMinerThatIsOfflineAtTheRevealIsUnavailable() throws {
    let world = try World(options { $0.miners = 3 })
    let lost = world.miners[1]
    try world.run { try lost.store.read { try $0.submission(round: 1)?.state == .final } }
    lost.offlineUntil = .max
    try world.runAllRounds()
    let outcome = try outcomes(world).first { $0.hotkey == lost.hotkey }
    #expect(outcome?.verdict == .unavailable)
    #expect(outcome?.weight == 0)
    #expect(try Invariants(world).broken == [])
  }

  @Test func withoutTheCoordinatorTheOthersWaitAndSayWhy() throws {
    let world = try World(options())
    world.coordinator.offlineUntil = .max
    for _ in 0..<4 { try world.block() }
    for node in world.nodes.dropFirst() {
      #expect(node.problems.map(\.code).contains("no_round"), "\(node.name)")
    }
    world.coordinator.offlineUntil = 0
    try world.run { try world.validators[1].store.read { try $0.scores(round: 1) != nil } }
    world.coordinator.offlineUntil = .max
    for _ in 0..<30 { try world.block() }
    let other = try world.validators[1].store.read { try $0.round(1) }
    #expect(other?.state == .weightsSet)
    world.coordinator.offlineUntil = 0
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
  }

  @Test(arguments: [SentExtrinsic.State.expired, .failed])
  func anAnnouncementThatDidNotArriveIsSignedAnew(state: SentExtrinsic.State) throws {
    let world = try World(options())
    let node = world.coordinator
    let call = ChainCall.setCommitment(netuid: World.netuid, bytes: Array("lost".utf8))
    var lost = SentExtrinsic(
      try world.chain.makeExtrinsic(
        call, nonce: world.chain.nextNonce(of: node.hotkey), signer: node.signer),
      purpose: .announce, subject: "r1")
    lost.state = state
    lost.failure = state == .failed ? "AccountNotAllowedCommit" : nil
    try node.store.write { try $0.save(lost) }
    try world.block()
    let isRefused = node.problems.map(\.code).contains("first_round_failed")
    #expect(isRefused == (state == .failed))
    node.retry(round: 0)
    for _ in 0..<3 { try world.block() }
    #expect(try world.validators[1].store.read { try $0.round(1) } != nil)
  }

  @Test func aRoundKnowsTheManifestThatItHasPublished() throws {
    let world = try World(options())
    try world.runAllRounds()
    let (round, next) = try world.coordinator.store.read { transaction in
      (try transaction.round(1), try transaction.knownRound(2))
    }
    let manifest = try #require(round?.nextManifest)
    #expect(next?.announced.announces(manifest) == true)
  }

  @Test func theBaseStaysWhereNoStepHelps() throws {
    let world = try World(
      options {
        $0.rounds = 2
        $0.useless = true
      })
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    let rounds = try world.coordinator.store.read { transaction in
      try (1...3).compactMap { try transaction.knownRound($0) }
    }
    #expect(Set(rounds.map(\.base)).count == 1)
    #expect(rounds.last?.document.made?.note != nil)
    #expect(try outcomes(world).allSatisfy { $0.weight == 0 })
  }

  @Test func aValidatorWithOtherTextSaysSoAndSetsNothing() throws {
    let world = try World(options { $0.otherValidationSet = true })
    let other = world.validators[1]
    try world.run {
      try world.coordinator.store.read { try $0.verification(round: 2)?.isVerified == true }
    }
    #expect(other.problems.map(\.code).contains("round_fetched_failed"))
    #expect(try other.store.read { try $0.scores(round: 1) } == nil)
    let metagraph = try world.chain.metagraph(at: world.chain.head())
    #expect(metagraph.neuron(of: other.hotkey)?.weights.isEmpty == true)
  }

  @Test func aValidatorThatComesAfterTheStateWasDiscardedSaysSo() throws {
    let world = try World(options())
    let late = world.validators[1]
    try world.run { try late.store.read { try $0.round(1) != nil } }
    late.offlineUntil = .max
    let announced = try #require(try late.store.read { try $0.round(1)?.announced })
    try world.run { try world.coordinator.store.read { try $0.knownRound(2) != nil } }
    let discardedAt = announced.closesAt + 256
    try world.chain.seal(count: Int(discardedAt - world.chain.head().number))
    late.offlineUntil = 0
    try world.run { try world.validators.allSatisfy { try $0.isScored(round: 2) } }
    let problem = late.problems.first { $0.code == "round_open_failed" }
    #expect(problem?.advice == "use an archive node")
    #expect(try late.isScored(round: 1) == false)
    #expect(late.watch.broken == [])
  }

  /// Chain and committed revisions do not say for how long a repository was public. Validators that
  /// look at different times can differ then, and the one that differs says so.
  @Test func aModelThatOnlyOneValidatorWasShownIsSaidByTheOther() throws {
    let world = try World(options { $0.miners = 3 })
    let (late, shown) = (world.validators[1], world.miners[2])
    try world.run { try late.store.read { try $0.round(1) != nil } }
    late.offlineUntil = .max
    try world.run { try world.coordinator.isScored(round: 1) }
    let submission = try #require(try shown.store.read { try $0.submission(round: 1) })
    #expect(try outcomes(world).first { $0.hotkey == shown.hotkey }?.verdict == .accepted)
    try world.hub(shown.name).setVisibility(.private, of: submission.repository)
    late.offlineUntil = 0
    try world.run { try late.store.read { try $0.verification(round: 2) != nil } }
    let verification = try late.store.read { try $0.verification(round: 2) }
    #expect(verification?.isVerified == false)
    let said = "\(shown.hotkey) is accepted in the manifest, unavailable here"
    #expect(verification?.differences.contains(said) == true)
  }

  /// The hub's silence is no verdict on a model, also for a validator that comes after the window.
  @Test func oneFailureOfTheHubAfterTheWindowCostsNobodyAnything() throws {
    let (world, late) = try worldWithAValidatorAfterTheWindow { $0.faultsMaximum = 1 }
    while world.faults.count == 0 { _ = try late.tick() }
    try world.runAllRounds()
    #expect(try Invariants(world).broken == [])
    #expect(try outcomes(world).allSatisfy { $0.verdict == .accepted })
  }

  @Test func aHubThatStaysSilentDoesNotHoldUpARoundForEver() throws {
    let (world, late) = try worldWithAValidatorAfterTheWindow { $0.faultsMaximum = .max }
    let back = try world.chain.head().number
    while try !late.isScored(round: 1), try world.chain.head().number < back + 40 {
      for _ in 0..<4 { _ = try late.tick() }
      try world.chain.seal()
      world.clock.advance(to: world.clock.now + 12)
    }
    let scores = try #require(try late.store.read { try $0.scores(round: 1) })
    #expect(scores.outcomes.map(\.verdict) == [.unavailable, .unavailable])
    #expect(try world.chain.head().number >= back + World.revealBlocks)
  }

  /// What a crash left begun and the world has made needless does not look as if it went on.
  @Test func anUploadThatACrashLeftBegunEndsWhenTheRoundHasClosed() throws {
    let world = try World(options { $0.miners = 3 })
    let lost = world.miners[1]
    lost.observer.crashOnce(before: "upload")
    // Gone at once: the others need the node's turn to be over.
    while lost.restarts == 0 {
      for node in world.nodes where node !== lost { _ = try node.tick() }
      while lost.restarts == 0, case .progressed = try lost.tick() {}
      if lost.restarts == 0 { try world.chain.seal() }
    }
    lost.offlineUntil = .max
    try world.run { try world.coordinator.isScored(round: 1) }
    lost.offlineUntil = 0
    try world.runAllRounds()
    #expect(try lost.store.read { try $0.submission(round: 1)?.state } == .superseded)
    let journal = try lost.store.read { try $0.journal(limit: 100) }
    #expect(journal.first { $0.kind == "upload" }?.state == "failed")
    #expect(try outcomes(world).map(\.hotkey).contains(lost.hotkey) == false)
  }

  /// The coordinator has scored; the other validator has not looked yet. From here on the hub fails.
  private func worldWithAValidatorAfterTheWindow(
    _ change: (inout ScenarioOptions) -> Void
  ) throws -> (World, ScenarioNode) {
    let world = try World(
      options {
        $0.rates.hub = 1_000
        change(&$0)
      })
    world.faults.stop()
    let late = world.validators[1]
    try world.run { try late.store.read { try $0.round(1) != nil } }
    late.offlineUntil = .max
    try world.run { try world.coordinator.isScored(round: 1) }
    let round = try #require(try world.coordinator.store.read { try $0.round(1) })
    try world.chain.seal(count: Int(round.revealEndsAt))
    late.offlineUntil = 0
    world.faults.start()
    return (world, late)
  }
}
