import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiNode
import GenkiService
import GenkiStore
import Synchronization

/// The validator's daemon, put together.
struct ValidatorDaemon {
  private let loaded: LoadedConfiguration<ValidatorConfiguration>

  init(_ loaded: LoadedConfiguration<ValidatorConfiguration>) { self.loaded = loaded }

  /// Runs until a signal or `shutdown` ends it.
  func run() throws {
    let configuration = loaded.configuration
    try configuration.requireAvailable()
    let environment = ProcessInfo.processInfo.environment
    let log = DaemonLog(environment: environment)
    _ = log.setLevel(configuration.daemon.logLevel)
    let events = EventBus()
    let folder = try StateFolder(path: configuration.daemon.stateFolder)
    defer { folder.unlock() }
    let signer = try HotkeyOpener(configuration.wallet, environment: environment)
      .open(logger: log.logger("wallet"), notifier: ServiceNotifier())
    var context = try NodeSections.context(
      role: .validator, folder: folder, signer: signer, wallet: configuration.wallet,
      chain: configuration.chain, hub: configuration.hub,
      observer: DaemonObserver(log: log, events: events))
    let host = DaemonHost(
      name: "genki-validatord", version: ProgramVersion.current, section: configuration.daemon,
      log: log, events: events)
    let work = ThreadWorkRunner(onEnd: { [loop = host.loop] in loop.wake() })
    context.transfers = ThreadTransferPool(
      now: context.now, observer: context.observer, onEnd: { [loop = host.loop] in loop.wake() })
    let engine = try ValidatorEngine(context, configuration: configuration, work: work)
    let retries = RetryRequests()
    let board = StatusBoard<ValidatorEngine.View>(
      version: ProgramVersion.current,
      memory: { ProcessMemory.current()?.residentBytes ?? 0 },
      now: { Date().timeIntervalSince1970 })
    let health = ChainHealth(context.chain, now: context.now)
    let methods = ValidatorMethods(
      context: engine.context, configuration: configuration, board: board,
      wake: { [loop = host.loop] in loop.wake() }, retry: { retries.add($0) },
      isCoordinator: engine.isCoordinator, health: health)
    try host.run(
      DaemonHost.Parts(
        endpoints: methods.endpoints, store: context.store, work: work,
        transfers: context.transfers,
        configuration: { [loaded] in loaded.document },
        reload: { [loaded] in
          try ConfigurationReload.apply(loaded, log: log, environment: environment)
        },
        metrics: { [context] in try Self.metrics(context, board) + health.metrics(context.store) },
        metricsFile: configuration.metrics.textfile,
        tick: {
          for round in retries.take() { engine.retry(round: round) }
          let outcome = Self.tick(engine, log)
          board.update(engine.view, outcome)
          health.saw(head: engine.view.head, final: engine.view.final)
          return outcome
        }, stopping: { board.stopping() }))
  }

  /// An error that the engine did not expect is logged, and the next look may find a better world.
  private static func tick(_ engine: ValidatorEngine, _ log: DaemonLog) -> TickOutcome {
    do {
      return try DaemonHost.bounded { try engine.tick() }
    } catch {
      log.logger("round").error("unexpected: \(error)")
      return .retrying(at: Date().timeIntervalSince1970 + EffectRunner.pauseSecondsMaximum / 12)
    }
  }

  private static func metrics(
    _ context: NodeContext, _ board: StatusBoard<ValidatorEngine.View>
  ) throws -> [(name: String, help: String, value: Double)] {
    let snapshot = board.snapshot
    let scores = try context.store.read { try $0.newestScores() }
    return [
      ("genki_uptime_seconds", "Seconds since the start.", snapshot.now - snapshot.startedAt),
      ("genki_memory_bytes", "Resident memory.", Double(snapshot.memoryBytes)),
      ("genki_block", "The newest block.", Double(snapshot.view?.head?.number ?? 0)),
      ("genki_round", "The round in force.", Double(snapshot.view?.round?.round ?? 0)),
      ("genki_problems", "Problems that status shows.", Double(snapshot.view?.problems.count ?? 0)),
      (
        "genki_candidates", "Candidates of the newest evaluation.",
        Double(scores?.outcomes.count ?? 0)
      ),
      (
        "genki_candidates_accepted", "Accepted candidates of the newest evaluation.",
        Double(scores?.outcomes.count { $0.verdict == .accepted } ?? 0)
      ),
      ("genki_evaluation_seconds", "Seconds of the newest evaluation.", scores?.seconds ?? 0),
    ]
  }
}

/// Rounds that an operator wants to be tried again, on their way to the loop.
final class RetryRequests: Sendable {
  private let rounds = Mutex<Set<UInt64>>([])

  func add(_ round: UInt64) { rounds.withLock { _ = $0.insert(round) } }

  func take() -> Set<UInt64> {
    rounds.withLock { rounds in
      defer { rounds = [] }
      return rounds
    }
  }
}
