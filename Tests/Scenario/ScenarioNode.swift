import Foundation
import GenkiChain
import GenkiCore
import GenkiHub
import GenkiMiner
import GenkiNode
import GenkiService
import GenkiStore
import GenkiValidator

/// Seconds that only the scenario moves.
final class VirtualClock: @unchecked Sendable {
  private let lock = NSLock()
  private var seconds = 1_000_000.0

  var now: Double { lock.withLock { seconds } }

  func advance(to time: Double) { lock.withLock { seconds = max(seconds, time) } }
}

/// One daemon of a scenario without its process: it can be dropped and made anew from its files.
final class ScenarioNode {
  enum Role {
    case miner(MinerConfiguration, SyntheticFinetuner)
    case validator(ValidatorConfiguration)
  }

  private enum Engine {
    case miner(MinerEngine)
    case validator(ValidatorEngine)
  }

  let name: String
  let index: Int
  let role: Role
  let signer: KeypairSigner
  let folder: String
  let observer: CrashingObserver
  private let chain: any Chain
  /// A change counts from the next start.
  var hub: any Hub
  /// The threads of its transfers; nil does them where they are asked for.
  var transfers: ThreadTransferPool?
  /// What its cache may hold; a change counts from the next start.
  var cacheBytesMaximum = 1 << 30
  private let clock: VirtualClock
  private(set) var store: Store
  private(set) var restarts = 0
  private var cache: ModelCache?
  private var engine: Engine?
  /// What its states have done that they must not.
  private(set) var watch = StateWatch()
  /// Does nothing until this block.
  var offlineUntil: UInt64 = 0
  /// Looks that it may take before the next block; nil for any number.
  var looksLeft: Int?

  init(
    name: String, index: Int, role: Role, signer: KeypairSigner, folder: String,
    chain: any Chain, hub: any Hub, clock: VirtualClock, observer: CrashingObserver
  ) throws {
    self.name = name
    self.index = index
    self.role = role
    self.signer = signer
    self.folder = folder
    self.chain = chain
    self.hub = hub
    self.clock = clock
    self.observer = observer
    try FileManager.default.createDirectory(
      atPath: folder + "/work", withIntermediateDirectories: true)
    store = try Self.open(folder, role, observer)
  }

  var hotkey: SS58Address { signer.address }

  private static func open(
    _ folder: String, _ role: Role, _ observer: CrashingObserver
  ) throws -> Store {
    let storeRole: Store.Role = if case .miner = role { .miner } else { .validator }
    while true {
      do {
        return try Store(
          path: folder + "/state.sqlite", role: storeRole, isDurable: false,
          hook: observer.storeStep)
      } catch is SimulatedCrash {
        observer.revive()
      }
    }
  }

  /// The process is gone; its files stay.
  func crash() throws {
    engine = nil
    cache = nil
    restarts += 1
    try store.close()
    observer.revive()
    store = try Self.open(folder, role, observer)
  }

  /// Its cache, as its engine has it until the next crash.
  func openCache() throws -> ModelCache {
    if let cache { return cache }
    let opened = try ModelCache(folder: folder + "/cache", bytesMaximum: cacheBytesMaximum)
    cache = opened
    return opened
  }

  private func start() throws -> Engine {
    if let engine { return engine }
    let cache = try openCache()
    let clock = clock
    let context = NodeContext(
      chain: chain, hub: hub, store: store, signer: signer, cache: cache,
      workFolder: folder + "/work", now: { clock.now }, observer: observer,
      transfers: transfers)
    let made: Engine =
      switch role {
      case .miner(let configuration, let finetuner):
        .miner(
          try MinerEngine(
            context, configuration: configuration, work: InlineWorkRunner(), finetuner: finetuner))
      case .validator(let configuration):
        .validator(
          try ValidatorEngine(context, configuration: configuration, work: InlineWorkRunner()))
      }
    engine = made
    return made
  }

  /// One look at the world; a crash is followed by a new start.
  func tick() throws -> TickOutcome {
    defer { watch.look(at: store, of: name) }
    do {
      switch try start() {
      case .miner(let engine): return try engine.tick()
      case .validator(let engine): return try engine.tick()
      }
    } catch is SimulatedCrash {
      try crash()
      return .progressed
    }
  }

  /// The operator has mended what failed in a round and says so.
  func retry(round: UInt64) {
    if case .validator(let engine) = engine { engine.retry(round: round) }
  }

  /// What keeps it from working.
  var problems: [Problem] {
    switch engine {
    case .miner(let engine): engine.view.problems
    case .validator(let engine): engine.view.problems
    case nil: []
    }
  }
}
