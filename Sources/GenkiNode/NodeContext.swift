import GenkiChain
import GenkiCore
import GenkiHub
import GenkiStore

/// What both daemons work with: chain, hub, state, keys, clock. Tests bring their own.
public struct NodeContext: Sendable {
  /// The chain.
  public var chain: any Chain
  /// The hub.
  public var hub: any Hub
  /// Our state.
  public var store: Store
  /// Our hotkey.
  public var signer: any Signer
  /// Fetched models.
  public var cache: ModelCache
  /// The folder for models that are made here.
  public var workFolder: String
  /// Seconds since 1970; decides retries, log times and the day in the manifests that a
  /// coordinator writes, never a round.
  public var now: @Sendable () -> Double
  /// Told of everything that happens.
  public var observer: any NodeObserver
  /// Work with the hub: the daemons' own threads, or in tests where it is asked for.
  public var transfers: any TransferPool

  /// What a daemon works with; see the properties.
  public init(
    chain: any Chain, hub: any Hub, store: Store, signer: any Signer, cache: ModelCache,
    workFolder: String, now: @escaping @Sendable () -> Double,
    observer: any NodeObserver = SilentObserver(), transfers: (any TransferPool)? = nil
  ) {
    self.chain = chain
    self.hub = hub
    self.store = store
    self.signer = signer
    self.cache = cache
    self.workFolder = workFolder
    self.now = now
    self.observer = observer
    self.transfers = transfers ?? InlineTransferPool(now: now, observer: observer)
  }

  /// Our address.
  public var hotkey: SS58Address { signer.address }
}

/// Hears what a daemon does; the daemons log it, tests crash in it.
public protocol NodeObserver: Sendable {
  /// An effect is in the journal and is about to happen. An error thrown here ends the tick.
  func willPerform(_ kind: String, _ subject: String) throws
  /// An effect has happened and is not yet noted as done. An error thrown here ends the tick.
  func didPerform(_ kind: String, _ subject: String) throws
  /// Something happened that people and scripts may follow.
  func report(_ event: NodeEvent)
}

/// Something that happened in a daemon.
public struct NodeEvent: Sendable {
  /// How much attention it needs.
  public enum Level: String, Sendable {
    case debug
    case info
    case notice
    case warning
    case error
  }

  /// `job.step`, `submission.state`, `round.state` and so on.
  public var name: String
  /// How much attention it needs.
  public var level: Level
  /// One sentence for the log.
  public var message: String
  /// The same for machines.
  public var fields: JSONObject

  /// Something that happened; see the properties.
  public init(_ name: String, _ level: Level, _ message: String, _ fields: JSONObject = [:]) {
    self.name = name
    self.level = level
    self.message = message
    self.fields = fields
  }
}

/// Hears nothing.
public struct SilentObserver: NodeObserver {
  /// Nothing to set up.
  public init() {}
  /// Lets everything happen.
  public func willPerform(_ kind: String, _ subject: String) {}
  /// Lets everything be noted.
  public func didPerform(_ kind: String, _ subject: String) {}
  /// Drops it.
  public func report(_ event: NodeEvent) {}
}

/// What keeps a daemon from doing its work, and what to do about it.
public struct Problem: Sendable, Hashable {
  /// A stable name.
  public var code: String
  /// What is wrong.
  public var message: String
  /// What to do.
  public var advice: String

  /// A problem; see the properties.
  public init(_ code: String, _ message: String, advice: String) {
    self.code = code
    self.message = message
    self.advice = advice
  }

  /// The problem that an error makes.
  public init(_ code: String, _ error: any Error, advice: String = "see the log") {
    let known = error as? any ReportableError
    self.init(
      code, known.map { "\($0.what): \($0.why)" } ?? "\(error)", advice: known?.advice ?? advice)
  }

  /// As `status` shows it.
  public var json: JSONValue {
    ["code": .string(code), "message": .string(message), "advice": .string(advice)]
  }
}

/// What a look at the world has led to.
public enum TickOutcome: Sendable, Hashable {
  /// Something changed: look again at once.
  case progressed
  /// Work goes on in the background.
  case working
  /// Nothing can be done before the chain moves past this block.
  case waiting(block: UInt64)
  /// Something failed that may work later, at about this time.
  case retrying(at: Double)
}
