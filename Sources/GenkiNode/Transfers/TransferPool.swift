import GenkiCore
import GenkiHub

/// Does work with the hub, many pieces at once, so that neither a daemon's loop nor another piece ever
/// waits for one.
public protocol TransferPool: AnyObject, Sendable {
  /// Starts the work of a key unless it is there already; gives its result once, after it has ended.
  ///
  /// - Returns: Nil while it runs or waits for its turn.
  func outcome<Value: Sendable>(
    of key: String, _ plan: TransferPlan, _ body: @escaping @Sendable (HubTransfer) throws -> Value
  ) -> Result<Value, any Error>?
  /// Asks the work of a key to end early; its result still comes.
  func stop(_ key: String)
  /// Ends the work of a key, and nobody asks for its result any more.
  func drop(_ key: String)
  /// Ends everything; nothing is started from here on.
  func stopAll()
  /// Work that runs, waits, or has a result that nobody has taken.
  var keys: Set<String> { get }
  /// Whether the work of a key runs, waits, or has a result that nobody has taken.
  func contains(_ key: String) -> Bool
  /// How far each transfer is.
  var running: [TransferStatus] { get }
  /// How far the work of a key is, until its result is taken; nil if it moves nothing.
  func status(of key: String) -> TransferStatus?
  /// Waits until no thread works, at most so long.
  ///
  /// - Returns: Whether none does.
  @discardableResult
  func waitUntilIdle(seconds: Double) -> Bool
}

/// How a piece of work with the hub is to be done.
public struct TransferPlan: Sendable {
  /// What it moves, for those who watch; nil for a short call.
  public var label: TransferLabel?
  /// Seconds after which it is ended as if the hub could not be reached; nil for none.
  public var secondsMaximum: Double?
  /// It is asked of a repository that others have made: many of these may hang, and they wait for
  /// each other. Our own work starts at once.
  public var isForeign: Bool

  /// A piece of work; see the properties.
  public init(
    label: TransferLabel? = nil, secondsMaximum: Double? = nil, isForeign: Bool = false
  ) {
    self.label = label
    self.secondsMaximum = secondsMaximum
    self.isForeign = isForeign
  }

  /// A call that moves next to nothing.
  public static let call = TransferPlan()
}

/// What a transfer moves.
public struct TransferLabel: Sendable {
  /// Which way.
  public enum Direction: String, Sendable, CaseIterable {
    /// To the hub.
    case up
    /// From the hub.
    case down
  }

  /// Which way.
  public var direction: Direction
  /// The repository.
  public var repository: RepositoryID
  /// Whose it is: `submission`, `job`, `hotkey`, `round`.
  public var fields: JSONObject

  /// What a transfer moves; see the properties.
  public init(_ direction: Direction, _ repository: RepositoryID, _ fields: JSONObject = [:]) {
    self.direction = direction
    self.repository = repository
    self.fields = fields
  }
}

/// Does each piece where it is asked for; for tests.
public final class InlineTransferPool: TransferPool {
  private let now: @Sendable () -> Double
  private let observer: any NodeObserver

  /// A pool whose events go to an observer.
  public init(
    now: @escaping @Sendable () -> Double, observer: any NodeObserver = SilentObserver()
  ) {
    self.now = now
    self.observer = observer
  }

  /// Does the work and gives its result.
  public func outcome<Value: Sendable>(
    of key: String, _ plan: TransferPlan, _ body: @escaping @Sendable (HubTransfer) throws -> Value
  ) -> Result<Value, any Error>? {
    let meter = TransferMeter(plan.label, now: now, observer: observer)
    meter.begin()
    let result = Result { try body(HubTransfer { meter.note($0) }) }
    meter.end(result.failure)
    return result
  }

  /// Nothing runs.
  public func stop(_ key: String) {}
  /// Nothing runs.
  public func drop(_ key: String) {}
  /// Nothing runs.
  public func stopAll() {}
  /// Nothing runs.
  public var keys: Set<String> { [] }
  /// Nothing runs.
  public func contains(_ key: String) -> Bool { false }
  /// Nothing runs.
  public var running: [TransferStatus] { [] }
  /// Nothing runs.
  public func status(of key: String) -> TransferStatus? { nil }
  /// Nothing runs.
  public func waitUntilIdle(seconds: Double) -> Bool { true }
}

extension Result {
  /// Why it failed; nil if it did not.
  var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
