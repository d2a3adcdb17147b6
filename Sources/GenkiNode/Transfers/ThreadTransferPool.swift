import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub

/// Does each piece on a thread of its own; of those that ask others' repositories only so many at a
/// time, so that a round of hostile ones takes no more than its share of the machine.
public final class ThreadTransferPool: TransferPool, @unchecked Sendable {
  private final class Piece {
    let plan: TransferPlan
    let order: Order
    var startedAt: Double?
    var isOverdue = false
    /// Nobody wants its result; it is forgotten when its thread ends.
    var isDropped = false
    var result: Result<any Sendable, any Error>?

    init(_ plan: TransferPlan, _ order: Order) {
      self.plan = plan
      self.order = order
    }

    var meter: TransferMeter { order.meter }
    var cancellation: HTTPCancellation { order.cancellation }
  }

  /// What a thread needs of its piece; the piece itself is guarded by the condition.
  private final class Order: @unchecked Sendable {
    let key: String
    let meter: TransferMeter
    let cancellation = HTTPCancellation()
    // Used once, by the thread, and let go of with all that it holds.
    private var body: (@Sendable (HubTransfer) throws -> any Sendable)?

    init(
      _ key: String, _ meter: TransferMeter,
      _ body: @escaping @Sendable (HubTransfer) throws -> any Sendable
    ) {
      self.key = key
      self.meter = meter
      self.body = body
    }

    func carryOut() -> Result<any Sendable, any Error> {
      let transfer = HubTransfer(cancellation: cancellation) { [meter] in meter.note($0) }
      defer { body = nil }
      return Result {
        guard let body else { throw HubError.cancelled(repository: key) }
        return try body(transfer)
      }
    }
  }

  /// Pieces that ask others' repositories at the same time.
  public static let foreignMaximum = 256
  private static let stackBytes = 1 << 20

  private let now: @Sendable () -> Double
  private let observer: any NodeObserver
  private let onEnd: @Sendable () -> Void
  private let condition = NSCondition()
  // Guarded by the condition.
  private var pieces: [String: Piece] = [:]
  private var queue: [String] = []
  private var threads = 0
  private var foreignThreads = 0
  private var isClosed = false

  /// A pool without work.
  ///
  /// - Parameters:
  ///   - now: Seconds since 1970; decides when a piece has taken too long.
  ///   - observer: Told how transfers get on.
  ///   - onEnd: Called on a piece's thread when it has ended.
  public init(
    now: @escaping @Sendable () -> Double, observer: any NodeObserver,
    onEnd: @escaping @Sendable () -> Void
  ) {
    self.now = now
    self.observer = observer
    self.onEnd = onEnd
  }

  // MARK: Work

  /// Starts work or gives its result; see the protocol.
  public func outcome<Value: Sendable>(
    of key: String, _ plan: TransferPlan, _ body: @escaping @Sendable (HubTransfer) throws -> Value
  ) -> Result<Value, any Error>? {
    condition.lock()
    guard let piece = pieces[key] else {
      if !isClosed {
        let meter = TransferMeter(plan.label, now: now, observer: observer)
        pieces[key] = Piece(plan, Order(key, meter) { try body($0) })
        queue.append(key)
        startWhatMay()
      }
      condition.unlock()
      return nil
    }
    if let result = piece.result {
      // What the end of the daemon has ended is begun again at the next start.
      if isClosed, result.failure != nil {
        condition.unlock()
        return nil
      }
      pieces[key] = nil
      condition.unlock()
      return result.flatMap { value in
        guard let value = value as? Value else { return .failure(WorkError.otherKind(key: key)) }
        return .success(value)
      }
    }
    let isLate = isLate(piece)
    if isLate { piece.isOverdue = true }
    condition.unlock()
    if isLate { piece.cancellation.cancel() }
    return nil
  }

  /// Asks the work of a key to end early.
  public func stop(_ key: String) { end { $0 == key } }

  /// Ends the work of a key and forgets it.
  public func drop(_ key: String) {
    condition.lock()
    guard let piece = pieces[key] else { return condition.unlock() }
    queue.removeAll { $0 == key }
    if piece.startedAt == nil || piece.result != nil {
      pieces[key] = nil
    } else {
      piece.isDropped = true
    }
    condition.unlock()
    piece.cancellation.cancel()
  }

  /// Ends everything; nothing is started from here on.
  public func stopAll() {
    condition.lock()
    isClosed = true
    condition.unlock()
    end { _ in true }
  }

  /// Waits until no thread works, at most so long.
  @discardableResult
  public func waitUntilIdle(seconds: Double) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while threads > 0, condition.wait(until: deadline) {}
    return threads == 0
  }

  // MARK: What there is

  /// Work that runs, waits, or has a result that nobody has taken.
  public var keys: Set<String> {
    condition.lock()
    defer { condition.unlock() }
    return Set(pieces.filter { !$0.value.isDropped }.keys)
  }

  /// Whether the work of a key runs, waits, or has a result that nobody has taken.
  public func contains(_ key: String) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    return pieces[key].map { !$0.isDropped } ?? false
  }

  /// How far each transfer is, in the order of their keys.
  public var running: [TransferStatus] {
    condition.lock()
    let meters = pieces.filter { $0.value.startedAt != nil && $0.value.result == nil }
      .sorted { $0.key < $1.key }.map(\.value.meter)
    condition.unlock()
    return meters.compactMap(\.status)
  }

  /// How far the work of a key is, until its result is taken.
  public func status(of key: String) -> TransferStatus? {
    condition.lock()
    let piece = pieces[key]
    let meter = piece?.startedAt == nil ? nil : piece?.meter
    condition.unlock()
    return meter?.status
  }

  // MARK: Threads

  private func isLate(_ piece: Piece) -> Bool {
    guard let limit = piece.plan.secondsMaximum, let start = piece.startedAt, !piece.isOverdue
    else { return false }
    return now() - start >= limit
  }

  private func end(_ isMeant: (String) -> Bool) {
    condition.lock()
    let meant = pieces.filter { isMeant($0.key) && $0.value.result == nil }
    for (key, piece) in meant where piece.startedAt == nil {
      queue.removeAll { $0 == key }
      piece.result = .failure(HubError.cancelled(repository: Self.name(key, piece)))
    }
    condition.unlock()
    for piece in meant.values { piece.cancellation.cancel() }
  }

  /// Called with the lock held.
  private func startWhatMay() {
    var waiting: [String] = []
    for key in queue {
      guard let piece = pieces[key] else { continue }
      if piece.plan.isForeign {
        guard foreignThreads < Self.foreignMaximum else {
          waiting.append(key)
          continue
        }
        foreignThreads += 1
      }
      threads += 1
      piece.startedAt = now()
      piece.meter.begin()
      start(piece.order)
    }
    queue = waiting
  }

  private func start(_ order: Order) {
    let thread = Thread { [self] in
      finish(order, order.carryOut())
      onEnd()
    }
    thread.stackSize = Self.stackBytes
    thread.name = "transfer"
    thread.start()
  }

  private func finish(_ order: Order, _ result: Result<any Sendable, any Error>) {
    order.meter.end(result.failure)
    condition.lock()
    defer { condition.unlock() }
    threads -= 1
    if let piece = pieces[order.key] {
      if piece.plan.isForeign { foreignThreads -= 1 }
      if piece.isDropped {
        pieces[order.key] = nil
      } else {
        piece.result = Self.told(result, order.key, piece)
      }
    }
    startWhatMay()
    condition.broadcast()
  }

  /// A piece that took too long says how far it came; that is no verdict on what it moved.
  private static func told(
    _ result: Result<any Sendable, any Error>, _ key: String, _ piece: Piece
  ) -> Result<any Sendable, any Error> {
    guard piece.isOverdue, case .failure(HubError.cancelled) = result else { return result }
    let reason = piece.meter.status?.distance ?? "no answer"
    return .failure(
      HubError.unreachable(
        source: name(key, piece), reason: "it takes longer than it may: \(reason)"))
  }

  private static func name(_ key: String, _ piece: Piece) -> String {
    piece.plan.label?.repository.description ?? key
  }
}
