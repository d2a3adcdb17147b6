import Foundation
import GenkiChain
import GenkiCore
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore

/// A validator's part of a round: snapshot at the close → fetch → score → weights, and for the
/// coordinator aggregate → publish → announce; the others verify what was announced.
///
/// `tick` looks at chain and state, does what can be done now, and returns. All state is in the store;
/// an engine that is thrown away and made anew goes on where the old one stopped. One thread calls.
public final class ValidatorEngine {
  /// What a look at the world has found, for `status`.
  public struct View: Sendable {
    /// The newest block.
    public var head: BlockReference?
    /// The newest final block.
    public var final: BlockReference?
    /// The round in force.
    public var round: KnownRound?
    /// Our uid.
    public var uid: UInt16?
    /// Whether we may set weights.
    public var hasPermit = false
    /// What keeps us from working.
    public var problems: [Problem] = []
  }

  /// How an effect of a round went.
  enum Progress {
    case done
    case running
    case waiting
  }

  let context: NodeContext
  let configuration: ValidatorConfiguration
  let effects: EffectRunner
  let courier: ExtrinsicCourier
  let work: any WorkRunner
  let threads: Int
  let coordinator: SS58Address?
  private let watcher: RoundWatcher
  private let oldRepositories: OldRepositories
  private let variants: VariantPublisher
  private var failures: [UInt64: Problem] = [:]
  /// Rounds whose announcement was refused and is to be signed anew.
  var announcedAnew: Set<UInt64> = []
  /// How this process looks for each candidate.
  var looks: [String: CandidateLook] = [:]
  /// The files of aggregations that this process has fetched to verify bases.
  var aggregations: [UInt64: AggregationFile] = [:]
  private var retainedRound: UInt64?
  /// What the last tick has found.
  public private(set) var view = View()

  /// An engine over a state.
  public init(
    _ context: NodeContext, configuration: ValidatorConfiguration, work: any WorkRunner
  ) throws {
    self.context = context
    self.configuration = configuration
    self.work = work
    threads = configuration.compute.threads ?? ProcessInfo.processInfo.activeProcessorCount
    effects = EffectRunner(context)
    courier = ExtrinsicCourier(context, effects: effects)
    coordinator = try configuration.round.coordinator.map { try SS58Address.bittensor($0) }
    watcher = RoundWatcher(
      context, effects: effects, coordinator: coordinator,
      fetchSecondsMaximum: configuration.hub.fetchSecondsMaximum)
    oldRepositories = OldRepositories(context, effects: effects, configuration.hub)
    variants = VariantPublisher(
      context, effects: effects,
      publisher: BasePublisher(context: context, configuration: configuration))
    // What a killed process was doing is to be done again.
    try context.store.write { try $0.endInterruptedEffects(now: context.now()) }
  }

  /// Whether our hotkey announces the rounds.
  public var isCoordinator: Bool { coordinator == context.hotkey }

  /// Tries again what failed for good: after the operator has mended it. Round 0 stands for the
  /// announcement of the first round.
  public func retry(round: UInt64) {
    failures[round] = nil
    announcedAnew.insert(round + 1)
    variants.retry(base: round + 1)
  }

  /// Does what can be done now.
  public func tick() throws -> TickOutcome {
    do {
      return try look()
    } catch  where EffectRunner.isTransient(error) {
      view.problems = [Problem("chain_unreachable", error)] + effects.problems
      return .retrying(at: context.now() + EffectRunner.pauseSecondsMaximum / 12)
    } catch let error as ChainError {
      // Another chain, a subnet that is not there, answers that make no sense: an operator has to
      // look, and meanwhile nothing is lost.
      view.problems = [Problem("chain_error", error)] + effects.problems
      context.observer.report(NodeEvent("chain.error", .error, "\(error)"))
      return .retrying(at: context.now() + EffectRunner.pauseSecondsMaximum / 2)
    }
  }

  private func look() throws -> TickOutcome {
    let head = try context.chain.head()
    let final = try context.chain.finalizedHead()
    try courier.trackAll(finalBlock: final.number)
    var view = View(head: head, final: final)
    let neuron = try context.chain.neuron(of: context.hotkey, at: final)
    view.uid = neuron?.uid
    view.hasPermit = neuron?.hasValidatorPermit ?? false
    if neuron == nil {
      view.problems.append(
        Problem(
          "not_registered",
          "hotkey \(context.hotkey) is not registered in subnet "
            + "\(context.chain.netuid)",
          advice: "register it: genki-validatord chain register"))
    }
    var progressed = false
    var working = false
    switch try watcher.view(at: final) {
    case .none(let problem):
      switch try firstRound(neuron: neuron, final: final, &view.problems) {
      case .done: progressed = true
      case .running: working = true
      case .waiting: if !isCoordinator { view.problems.append(problem) }
      }
    case .refused(_, let problem): view.problems.append(problem)
    case .fetching: break
    case .known(let known):
      view.round = known
      if let verification = try context.store.read({ try $0.verification(round: known.round) }),
        !verification.isVerified
      {
        view.problems.append(
          Problem(
            "base_not_verified",
            "the base of round \(known.round) is not what the models make: "
              + verification.differences.joined(separator: "; "),
            advice: "ask the coordinator; round.verify shows what differs"))
      }
      try retain(newest: known.round)
      if try oldRepositories.retire(newest: known.round, keeping: [], &view.problems) {
        progressed = true
      }
      _ = try effects.look("noting the places of commitments") {
        try context.chain.observe(final)
      }
      if try take(known) { progressed = true }
    }
    let newest = view.round?.round
    for round in try context.store.read({ try $0.rounds(limit: 8) }).reversed() {
      guard let effect = round.effect(finalBlock: final.number) else { continue }
      if let problem = failures[round.announced.round] {
        view.problems.append(problem)
        continue
      }
      do {
        switch try carryOut(effect, round, newest: newest, head: head, final: final) {
        case .done: progressed = true
        case .running: working = true
        case .waiting: break
        }
      } catch let error as any ReportableError where !EffectRunner.isTransient(error) {
        // It would fail again by itself: an operator has to look.
        let problem = Problem("round_\(round.state.rawValue)_failed", error)
        failures[round.announced.round] = problem
        view.problems.append(problem)
        context.observer.report(
          NodeEvent(
            "round.failed", .error,
            "round \(round.announced.round) stays in state \(round.state.rawValue): \(error)"))
      }
    }
    if try refreshWeights(neuron: neuron, head: head, final: final, &view.problems) {
      progressed = true
    }
    if try revealWeights(head: head, final: final) { progressed = true }
    if try verifyBases() { progressed = true }
    switch try variants.publish(&view.problems) {
    case .done: progressed = true
    case .running: working = true
    case .waiting: break
    }
    try effects.endLook()
    view.problems += effects.problems
    self.view = view
    if progressed { return .progressed }
    if working || work.current != nil || !context.transfers.keys.isEmpty { return .working }
    if let due = effects.nextTry { return .retrying(at: due) }
    return .waiting(block: head.number)
  }

  /// The first round's announcement; what fails for good stays a problem until it is tried again.
  private func firstRound(
    neuron: Neuron?, final: BlockReference, _ problems: inout [Problem]
  ) throws -> Progress {
    if let problem = failures[0] {
      problems.append(problem)
      return .waiting
    }
    do {
      return try bootstrap(neuron: neuron, final: final, &problems)
    } catch let error as any ReportableError where !EffectRunner.isTransient(error) {
      let problem = Problem("first_round_failed", error)
      failures[0] = problem
      problems.append(problem)
      context.observer.report(
        NodeEvent("round.failed", .error, "the first round cannot be announced: \(error)"))
      return .waiting
    }
  }

  /// Once for each round: models of old rounds give way to new ones, those in use are never evicted.
  private func retain(newest: UInt64) throws {
    guard retainedRound != newest else { return }
    let folders = RetainedFolders(context)
    // The round before is verified while the newest is open.
    let keepRounds = max(1, configuration.weights.keepRounds)
    try folders.keepBases(newest: newest, keepRounds: 1)
    try folders.removeWork(
      prefixes: ["dama-", "bf16-r", "manifest-r", "aggregation-r"], newest: newest,
      keepRounds: keepRounds)
    for round in try context.store.read({ try $0.rounds(limit: 64) }) {
      let number = round.announced.round
      for candidate in try context.store.read({ try $0.candidates(round: number) }) {
        guard let place = candidate.place else { continue }
        let (repository, revision) = (place.repository, place.revision)
        if folders.isKept(number, newest: newest, keepRounds: 1) {
          // What was refused is in nobody's way.
          if candidate.isKept { context.cache.pin(repository, revision: revision) }
        } else if !folders.isKept(number, newest: newest, keepRounds: keepRounds) {
          try context.cache.remove(repository, revision: revision)
        } else {
          context.cache.unpin(repository, revision: revision)
        }
      }
    }
    retainedRound = newest
  }

  /// Begins to follow a round that is new, and lets go of the one before.
  private func take(_ known: KnownRound) throws -> Bool {
    let existing = try context.store.read { try $0.round(known.round) }
    if let existing, existing.announced == known.announced { return false }
    let round = ValidatorRound(
      announced: known.announced, base: known.base, folder: known.folder,
      rules: known.document.rules, isCoordinator: isCoordinator)
    try context.store.write { try $0.save(round) }
    reportState(round)
    return true
  }

  private func carryOut(
    _ effect: ValidatorRound.Effect, _ round: ValidatorRound, newest: UInt64?,
    head: BlockReference, final: BlockReference
  ) throws -> Progress {
    switch effect {
    case .wait: .waiting
    case .snapshot: try snapshot(round)
    case .readSeed: try readSeed(round)
    case .fetch: try fetch(round, final: final)
    case .score: try score(round)
    case .setWeights: try setWeights(round, head: head, final: final)
    case .aggregate: try aggregate(round)
    case .publish: try publish(round)
    case .announce: try announce(round, final: final)
    case .awaitAnnouncement: try follow(round, newest: newest)
    }
  }

  /// The coordinator has announced the next round: this one is over for us.
  private func follow(_ round: ValidatorRound, newest: UInt64?) throws -> Progress {
    guard let newest, newest > round.announced.round else { return .waiting }
    try change(round, .followed)
    return .done
  }

  // MARK: States

  /// Stores a round's new state in a transaction that does more.
  func apply(
    _ event: ValidatorRound.Event, to round: ValidatorRound, _ transaction: Transaction
  ) throws {
    guard var stored = try transaction.round(round.announced.round) else { return }
    try stored.apply(event)
    try transaction.save(stored)
    reportState(stored)
  }

  func change(_ round: ValidatorRound, _ event: ValidatorRound.Event) throws {
    try context.store.write { try apply(event, to: round, $0) }
  }

  private func reportState(_ round: ValidatorRound) {
    context.observer.report(
      NodeEvent(
        "round.state", .notice,
        "round \(round.announced.round) is \(round.state.rawValue)",
        [
          "round": JSONValue(Int(clamping: round.announced.round)),
          "state": .string(round.state.rawValue),
        ]))
  }

  /// Of a signature: while another extrinsic is on its way there is nothing to do but to wait for a
  /// block.
  static func signed(_ result: EffectRunner.Result) -> Progress {
    if case .done = result { .done } else { .waiting }
  }

  static func progress(_ result: EffectRunner.Result) -> Progress {
    switch result {
    case .done: .done
    case .running: .running
    case .deferred: .waiting
    }
  }
}
