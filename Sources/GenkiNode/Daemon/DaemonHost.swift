import Foundation
import GenkiChain
import GenkiCore
import GenkiRPC
import GenkiRPCServer
import GenkiService
import GenkiStore
import Logging
import Synchronization

/// Runs a daemon's loop with its sockets, signals, watchdog and log until it is asked to end.
///
/// Ending needs no ceremony: everything is on disk already. Work in progress gets a moment to write a
/// checkpoint, then the process ends.
public final class DaemonHost: Sendable {
  /// What a daemon brings.
  public struct Parts {
    /// Its own methods.
    public var endpoints: [RPCEndpoint]
    /// Its state.
    public var store: Store
    /// Its background work.
    public var work: any WorkRunner
    /// Its work with the hub.
    public var transfers: any TransferPool
    /// `config.get`.
    public var configuration: @Sendable () -> JSONValue
    /// `config.reload`.
    public var reload: @Sendable () throws -> [String]
    /// `metrics.get`.
    public var metrics: @Sendable () throws -> [(name: String, help: String, value: Double)]
    /// A file for the same figures; nil writes none.
    public var metricsFile: String?
    /// One look at the world.
    public var tick: () -> TickOutcome
    /// Called once when the daemon is about to end.
    public var stopping: @Sendable () -> Void

    /// What a daemon brings; see the properties.
    public init(
      endpoints: [RPCEndpoint], store: Store, work: any WorkRunner, transfers: any TransferPool,
      configuration: @escaping @Sendable () -> JSONValue,
      reload: @escaping @Sendable () throws -> [String],
      metrics: @escaping @Sendable () throws -> [(name: String, help: String, value: Double)],
      metricsFile: String?, tick: @escaping () -> TickOutcome,
      stopping: @escaping @Sendable () -> Void
    ) {
      self.endpoints = endpoints
      self.store = store
      self.work = work
      self.transfers = transfers
      self.configuration = configuration
      self.reload = reload
      self.metrics = metrics
      self.metricsFile = metricsFile
      self.tick = tick
      self.stopping = stopping
    }
  }

  /// Seconds that background work gets for a checkpoint.
  private static let graceSeconds = 20.0
  /// Seconds that transfers get to end; they go on where they were at the next start.
  private static let transferGraceSeconds = 5.0
  /// Seconds between two writings of the metrics' file.
  private static let metricsSeconds = 60.0
  /// Seconds within which the loop must get on: a step of the round, never background work.
  private static let loopLimitSeconds = 50.0

  /// Seconds that a look at the world may spend with the chain's nodes, and with one request of it:
  /// nodes that hang must not look like a daemon that does.
  private static let chainSeconds = (all: 35.0, each: 20.0)

  /// A look at the world within the time that it may take.
  public static func bounded<Value>(_ tick: () throws -> Value) rethrows -> Value {
    try NodeDeadline.within(seconds: chainSeconds.all, each: chainSeconds.each, tick)
  }

  private let name: String
  private let version: String
  private let section: DaemonSection
  private let log: DaemonLog
  private let events: EventBus
  /// The loop that the daemon's thread runs.
  public let loop: DaemonLoop
  private let wasStopped = Atomic<Bool>(false)

  /// - Parameters:
  ///   - name: `genki-minerd` or `genki-validatord`.
  ///   - section: Its sockets and how often it looks.
  public init(
    name: String, version: String, section: DaemonSection, log: DaemonLog, events: EventBus
  ) {
    self.name = name
    self.version = version
    self.section = section
    self.log = log
    self.events = events
    loop = DaemonLoop(
      pollSeconds: section.pollSeconds, now: { Date().timeIntervalSince1970 })
  }

  /// Serves until a signal or `shutdown` ends it.
  public func run(_ parts: Parts) throws {
    let logger = log.logger("daemon")
    let openFiles = OpenFiles.raiseLimit()
    if openFiles < OpenFiles.limitWanted {
      logger.warning(
        "only \(openFiles) files may be open at once: raise LimitNOFILE to \(OpenFiles.limitWanted)"
      )
    }
    let notifier = ServiceNotifier()
    let watchdog = Watchdog(notifier: notifier) { loop, seconds in
      logger.error("the \(loop) has not got on for \(seconds) seconds")
    }
    let server = RPCServer(
      table: table(parts), socketPath: section.socket,
      readSocketPath: Self.readSocket(beside: section.socket), log: Self.rpcLog(log))
    let reload = parts.reload
    let end = ender(parts)
    let signals = try ShutdownSignal(
      onStop: { number in end("signal \(number)") },
      onReload: {
        notifier.reloading()
        do {
          let rest = try reload()
          logger.notice("the configuration was read again; a restart is needed for: \(rest)")
        } catch {
          logger.error("the configuration cannot be read again: \(error)")
        }
        notifier.ready("running")
      })
    defer { withExtendedLifetime(signals) {} }
    try server.start()
    watchdog.register("round loop", limitSeconds: Self.loopLimitSeconds)
    watchdog.start()
    logger.notice("\(name) \(version) listens on \(section.socket)")
    notifier.ready("running")
    var lastMetrics = 0.0
    loop.run(beat: { watchdog.beat("round loop") }) {
      let outcome = parts.tick()
      let now = Date().timeIntervalSince1970
      if let file = parts.metricsFile, now - lastMetrics >= Self.metricsSeconds {
        lastMetrics = now
        writeMetrics(parts, to: file, logger)
      }
      return outcome
    }
    watchdog.unregister("round loop")
    notifier.stopping("stopping")
    server.stop()
    parts.transfers.stopAll()
    finishWork(parts.work)
    if !parts.transfers.waitUntilIdle(seconds: Self.transferGraceSeconds) {
      logger.notice("a transfer does not end: it is left")
    }
    watchdog.stop()
    try parts.store.close()
    logger.notice("\(name) has ended; work goes on at the next start")
  }

  /// What begins to end the daemon; any thread may call it, also more than once.
  private func ender(_ parts: Parts) -> @Sendable (_ reason: String) -> Void {
    { [self, stopping = parts.stopping, work = parts.work, transfers = parts.transfers] reason in
      guard !wasStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
      log.logger("daemon").notice("ending: \(reason)")
      stopping()
      if let key = work.current { work.stop(key) }
      transfers.stopAll()
      loop.stop()
    }
  }

  /// A finetune ends after its step; an evaluation is done again at the next start.
  private func finishWork(_ work: any WorkRunner) {
    guard let key = work.current else { return }
    work.stop(key)
    work.waitUntilIdle(seconds: key.hasPrefix("job ") ? Self.graceSeconds : 0)
  }

  private func table(_ parts: Parts) -> RPCMethodTable {
    let end = ender(parts)
    let common = CommonMethods(
      daemon: CommonMethods.Daemon(
        configuration: parts.configuration, reload: parts.reload,
        backup: { [store = parts.store] in try store.backup(to: $0) },
        check: { [store = parts.store] in try store.check() }, metrics: parts.metrics,
        shutdown: { end("shutdown was called") }), log: log, events: events)
    return RPCMethodTable(
      parts.endpoints + common.endpoints, title: name, version: version, log: Self.rpcLog(log))
  }

  private func writeMetrics(_ parts: Parts, to file: String, _ logger: Logger) {
    do {
      try AtomicFile.write(CommonMethods.openMetrics(try parts.metrics()), to: file)
    } catch {
      logger.warning("the metrics cannot be written: \(error)")
    }
  }

  /// The readers' socket: `rpc-read.sock` beside `rpc.sock`.
  static func readSocket(beside path: String) -> String {
    let stem = path.hasSuffix(".sock") ? String(path.dropLast(5)) : path
    return stem + "-read.sock"
  }

  private static func rpcLog(_ log: DaemonLog) -> RPCLog {
    let logger = log.logger("rpc")
    return { entry in
      let level = Logger.Level(rawValue: entry.level.rawValue) ?? .info
      logger.log(
        level: level, "\(entry.message)", metadata: entry.fields.mapValues { "\($0)" })
    }
  }
}
