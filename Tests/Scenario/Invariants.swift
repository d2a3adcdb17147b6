import GenkiChain
import GenkiCore
import GenkiHub
import GenkiRound
import GenkiStore

/// What holds after every scenario, whatever went wrong in it:
///
/// 1. Both validators have the same outcomes, scores and weights to the bit, and verify the same next
///    base, whose SHA-256 is the announced one.
/// 2. No attacker has a weight above zero.
/// 3. Every honest miner that was in time is accepted, those that were offline at the reveal excepted.
/// 4. At most one commitment extrinsic of each hotkey and round succeeds, one weight vector of each
///    validator, round and epoch, and one announcement of each round.
/// 5. The weights on the ledger are those of the scores.
/// 6. No honest repository becomes public before its round's close.
/// 7. No effect is left begun when the world is quiet, and no extrinsic is on its way.
/// 8. Rounds and submissions move forward only, and ended jobs stay so.
/// 9. A daemon's nonces follow each other without a gap, no call of it fails on the chain, and
///    whatever it has signed gets there.
///
/// `World.restartEverybody` ends every process at rest: nothing may come of it.
/// `World.essence` is compared with the same scenario without faults where these cannot change the
/// order of commitments.
struct Invariants {
  private static let journalMaximum = 100_000

  let world: World
  private(set) var broken: [String] = []

  init(_ world: World) throws {
    self.world = world
    for round in 1...world.options.rounds { try checkRound(round) }
    try checkExtrinsics()
    try checkCalls()
    try checkSigned()
    try checkJournals()
    for node in world.nodes {
      broken += node.watch.broken.map { "seed \(world.options.seed): \($0)" }
    }
  }

  mutating func expect(_ holds: Bool, _ text: @autoclosure () -> String) {
    if !holds { broken.append("seed \(world.options.seed): \(text())") }
  }

  // MARK: Scores

  private mutating func checkRound(_ round: UInt64) throws {
    let found = try world.validators.map { try $0.store.read { try $0.scores(round: round) } }
    guard let first = found[0], let second = found[1] else {
      expect(false, "round \(round) was not scored by both")
      return
    }
    expect(
      first.outcomes.map(Self.comparable) == second.outcomes.map(Self.comparable),
      "round \(round): outcomes differ: \(first.outcomes) and \(second.outcomes)")
    expect(first.baseLosses == second.baseLosses, "round \(round): base losses differ")
    expect(first.similarity == second.similarity, "round \(round): similarities differ")
    try checkBase(after: round)
    let attackers = Set(world.attackers.map(\.signer.address))
    for outcome in first.outcomes where attackers.contains(outcome.hotkey) {
      let attack = world.attackers.first { $0.signer.address == outcome.hotkey }?.attack
      expect(
        outcome.weight == 0 && outcome.score <= 0,
        "round \(round): \(attack.map { "\($0)" } ?? "") has weight \(outcome.weight): \(outcome)")
    }
    try checkHonest(first, round: round)
    try checkWeights(first, round: round)
  }

  /// Everything but the words: those of the hub may differ.
  private static func comparable(_ outcome: Outcome) -> Outcome {
    var outcome = outcome
    outcome.reason = nil
    return outcome
  }

  private mutating func checkBase(after round: UInt64) throws {
    let known = try world.validators.map {
      try $0.store.read { try $0.knownRound(round + 1) }
    }
    expect(
      known[0]?.weightsSha256 != nil && known[0]?.weightsSha256 == known[1]?.weightsSha256,
      "round \(round): the validators know different bases")
    for validator in world.validators {
      let verification = try validator.store.read { try $0.verification(round: round + 1) }
      expect(
        verification?.isVerified == true,
        "round \(round): \(validator.name) does not verify: \(verification?.differences ?? [])")
    }
  }

  private mutating func checkHonest(_ scores: RoundScores, round: UInt64) throws {
    guard let announced = try world.coordinator.store.read({ try $0.knownRound(round) })?.announced
    else { return }
    for miner in world.miners {
      let submission = try miner.store.read { try $0.submission(round: round) }
      guard let submission else {
        expect(
          world.options.offline || world.options.withoutData.contains(miner.index),
          "round \(round): \(miner.name) submitted nothing: \(miner.problems)")
        continue
      }
      let published = world.publications.head(of: submission.repository)
      expect(
        (published ?? .max) >= announced.closesAt,
        "round \(round): \(miner.name) was public at \(published ?? 0)")
      guard let block = submission.block else {
        expect(
          world.options.offline,
          "round \(round): \(miner.name) is \(submission.state): \(submission.reason ?? "")")
        continue
      }
      let outcome = scores.outcomes.first { $0.hotkey == miner.hotkey }
      expect(
        outcome?.block == block, "round \(round): \(miner.name) is not in the commit order")
      let inTime = (published ?? .max) < announced.closesAt + World.revealBlocks
      if outcome?.verdict != .accepted && inTime && !world.options.useless {
        expect(
          false, "round \(round): \(miner.name) is not accepted: \(String(describing: outcome))")
      }
    }
  }

  private mutating func checkWeights(_ scores: RoundScores, round: UInt64) throws {
    guard round == world.options.rounds else { return }
    let metagraph = try world.chain.metagraph(at: world.chain.head())
    let expected = scores.outcomes.compactMap { outcome -> UidWeight? in
      guard outcome.weight > 0, let neuron = metagraph.neuron(of: outcome.hotkey) else {
        return nil
      }
      return UidWeight(uid: neuron.uid, weight: outcome.weight)
    }.sorted { $0.uid < $1.uid }
    guard !expected.isEmpty else { return }
    for validator in world.validators {
      let weights = metagraph.neuron(of: validator.hotkey)?.weights ?? []
      expect(
        weights.sorted { $0.uid < $1.uid } == expected,
        "round \(round): \(validator.name) has set \(weights), not \(expected)")
    }
  }

  // MARK: Extrinsics

  private mutating func checkExtrinsics() throws {
    let head = try world.chain.head()
    var commitments: [SS58Address: Set<UInt64>] = [:]
    var updates: [SS58Address: Set<UInt64>] = [:]
    for number in 1...head.number {
      guard let block = try world.chain.block(number: number) else { continue }
      for record in try world.chain.commitments(at: block) {
        commitments[record.hotkey, default: []].insert(record.block)
      }
      for neuron in try world.chain.metagraph(at: block).neurons where !neuron.weights.isEmpty {
        updates[neuron.hotkey, default: []].insert(neuron.lastUpdate)
      }
    }
    for miner in world.miners {
      for round in 1...world.options.rounds {
        guard let announced = try miner.store.read({ try $0.knownRound(round) })?.announced else {
          continue
        }
        let blocks = (commitments[miner.hotkey] ?? []).filter {
          $0 >= announced.opensAt && $0 < announced.closesAt
        }
        expect(blocks.count <= 1, "\(miner.name) committed in blocks \(blocks.sorted())")
      }
    }
    let announcements = commitments[world.coordinator.hotkey]?.count ?? 0
    expect(
      announcements == Int(world.options.rounds) + 1, "\(announcements) announcements were made")
    for validator in world.validators {
      var sent = 0
      for subject in try weightSubjects() {
        let found = try validator.store.read {
          try $0.extrinsics(purpose: .weights, subject: subject)
        }.filter { $0.state == .final }
        expect(found.count <= 1, "\(validator.name) set \(subject) twice")
        sent += found.count
      }
      let seen = updates[validator.hotkey]?.count ?? 0
      expect(seen == sent, "\(validator.name) set weights \(seen) times and knows of \(sent)")
    }
  }

  private mutating func checkJournals() throws {
    for node in world.nodes {
      let (journal, open) = try node.store.read { transaction in
        (
          try transaction.journal(limit: Self.journalMaximum),
          try transaction.openExtrinsics()
        )
      }
      let begun = journal.filter { $0.state == "begun" }
      expect(begun.isEmpty, "\(node.name) has begun \(begun.map { "\($0.kind) \($0.subject)" })")
      expect(open.isEmpty, "\(node.name) waits for \(open.map { "\($0.purpose) \($0.subject)" })")
    }
  }
}

extension World {
  /// What must not depend on faults: who was accepted in the first round, in which order and with which
  /// score, and the next base. Later rounds may open some blocks later, and other blocks have other
  /// seeds.
  func essence() throws -> [String] {
    let (scores, known) = try coordinator.store.read { transaction in
      (try transaction.scores(round: 1), try transaction.knownRound(2))
    }
    let lines = (scores?.outcomes ?? []).map { outcome in
      "\(outcome.hotkey) \(outcome.block) \(outcome.verdict) \(outcome.score)"
    }
    return lines + [known?.weightsSha256?.hex ?? "none"]
  }
}
