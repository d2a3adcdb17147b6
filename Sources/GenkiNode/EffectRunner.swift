import GenkiChain
import GenkiCore
import GenkiHub
import GenkiStore

/// Carries out effects: intent in the journal, the effect, then the journal and the state together.
///
/// A crash between the two leaves a begun entry, and the state from which the effect is done again;
/// every effect may be repeated.
public final class EffectRunner {
  /// What became of an effect.
  public enum Result {
    /// It is done and recorded.
    case done
    /// It may work later.
    case deferred
    /// It still runs in the background.
    case running
  }

  private struct Backoff {
    var failures = 0
    var notBefore = 0.0
    var problem: Problem
    var reason = ""
  }

  /// The longest pause between two tries, in seconds.
  public static let pauseSecondsMaximum = 60.0
  private static let firstPauseSeconds = 1.0

  private let context: NodeContext
  private var backoffs: [String: Backoff] = [:]
  private var begun: [String: (kind: String, subject: String)] = [:]
  /// What was asked for since the last look's end.
  private var asked: Set<String> = []

  /// A runner for one daemon.
  public init(_ context: NodeContext) { self.context = context }

  /// What waits to be tried again. What was due long ago is not wanted any more.
  public var problems: [Problem] {
    let oldest = context.now() - Self.pauseSecondsMaximum
    return backoffs.keys.sorted().compactMap { key in
      backoffs[key].flatMap { $0.notBefore < oldest ? nil : $0.problem }
    }
  }

  /// When the next try is due; nil if nothing waits. What is due already and was not tried waits for
  /// something else, a block for example.
  public var nextTry: Double? {
    let now = context.now()
    return backoffs.values.map(\.notBefore).filter { $0 > now }.min()
  }

  /// Does something outside and records what came of it.
  ///
  /// - Parameters:
  ///   - subject: To what; kind and subject name the journal's entry.
  ///   - body: The effect; nil says that it still runs in the background.
  ///   - record: Changes the state, in the transaction that ends the journal's entry.
  /// - Throws: What the effect throws, unless trying again may help.
  public func perform<Value>(
    _ kind: String, _ subject: String, _ body: () throws -> Value?,
    record: (Transaction, Value) throws -> Void
  ) throws -> Result {
    let key = Self.key(kind, subject)
    asked.insert(key)
    if let backoff = backoffs[key], context.now() < backoff.notBefore { return .deferred }
    if begun.updateValue((kind, subject), forKey: key) == nil {
      try context.store.write { transaction in
        try transaction.beginEffect(kind: kind, subject: subject, now: context.now())
      }
      try context.observer.willPerform(kind, subject)
    }
    let value: Value
    do {
      guard let found = try body() else { return .running }
      value = found
    } catch {
      begun[key] = nil
      try context.store.write { transaction in
        try transaction.failEffect(
          kind: kind, subject: subject, error: "\(error)", now: context.now())
      }
      guard Self.isTransient(error) else {
        backoffs[key] = nil
        throw error
      }
      postpone(key, error)
      return .deferred
    }
    try context.observer.didPerform(kind, subject)
    try context.store.write { transaction in
      try record(transaction, value)
      try transaction.finishEffect(kind: kind, subject: subject, now: context.now())
    }
    begun[key] = nil
    backoffs[key] = nil
    return .done
  }

  /// Does something with the hub in the background and records what came of it.
  ///
  /// Ask again in every look until it is done: what `endLook` finds that nobody asked for is ended.
  public func transfer<Value: Sendable>(
    _ kind: String, _ subject: String, _ plan: TransferPlan,
    _ body: @escaping @Sendable (HubTransfer) throws -> Value,
    record: (Transaction, Value) throws -> Void
  ) throws -> Result {
    let (pool, key) = (context.transfers, Self.key(kind, subject))
    return try perform(kind, subject) {
      try pool.outcome(of: key, plan, body)?.get()
    } record: {
      try record($0, $1)
    }
  }

  /// Whether something is under way with the hub, or has ended and was not looked at.
  public func isTransferring(_ kind: String, _ subject: String) -> Bool {
    context.transfers.contains(Self.key(kind, subject))
  }

  /// How far a transfer is; nil if there is none.
  public func status(_ kind: String, _ subject: String) -> TransferStatus? {
    context.transfers.status(of: Self.key(kind, subject))
  }

  /// Why the last try of an effect failed, without the address of the hub; nil if it did not.
  public func failure(_ kind: String, _ subject: String) -> String? {
    backoffs[Self.key(kind, subject)]?.reason
  }

  /// Ends transfers that this look did not ask for: the world has made them needless.
  public func endLook() throws {
    for key in context.transfers.keys where !asked.contains(key) { try abandon(key) }
    asked = []
  }

  /// Ends a transfer that is not wanted any more.
  public func abandon(_ kind: String, _ subject: String) throws {
    try abandon(Self.key(kind, subject))
  }

  private func abandon(_ key: String) throws {
    context.transfers.drop(key)
    backoffs[key] = nil
    guard let entry = begun.removeValue(forKey: key) else { return }
    try context.store.write { transaction in
      try transaction.failEffect(
        kind: entry.kind, subject: entry.subject, error: "it was not wanted any more",
        now: context.now())
    }
  }

  /// The name of an effect for journal, backoff and threads.
  private static func key(_ kind: String, _ subject: String) -> String { "\(kind) \(subject)" }

  /// Looks at something outside; nothing is noted, because nothing is changed.
  ///
  /// - Returns: Nil if it failed and may work later.
  public func look<Value>(_ what: String, _ body: () throws -> Value) throws -> Value? {
    if let backoff = backoffs[what], context.now() < backoff.notBefore { return nil }
    do {
      let value = try body()
      backoffs[what] = nil
      return value
    } catch {
      guard Self.isTransient(error) else {
        backoffs[what] = nil
        throw error
      }
      postpone(what, error)
      return nil
    }
  }

  /// Lets a failed effect be tried at once.
  public func forget(_ kind: String, _ subject: String) {
    backoffs[Self.key(kind, subject)] = nil
  }

  private func postpone(_ key: String, _ error: any Error) {
    var backoff =
      backoffs[key]
      ?? Backoff(problem: Problem(Self.problemCode(error), error, advice: "it is tried again"))
    backoff.failures += 1
    let pause = Self.firstPauseSeconds * Double(1 << min(backoff.failures - 1, 6))
    backoff.notBefore = context.now() + min(pause, Self.pauseSecondsMaximum)
    backoff.problem = Problem(
      Self.problemCode(error), error, advice: "it is tried again by itself")
    backoff.reason = Self.reason(error)
    backoffs[key] = backoff
    context.observer.report(
      NodeEvent(
        "effect.postponed", .warning, "\(key) is tried again later: \(error)",
        ["effect": .string(key), "failures": JSONValue(backoff.failures)]))
  }

  private static func reason(_ error: any Error) -> String {
    if case HubError.unreachable(let source, let reason) = error {
      return reason.replacing("\(source)/", with: "/")
    }
    return (error as? any ReportableError)?.why ?? "\(error)"
  }

  /// Whether trying again later may help.
  public static func isTransient(_ error: any Error) -> Bool {
    if let error = error as? HubError { return error.isTransient }
    if let error = error as? ChainError { return error.isTransient }
    if let error = error as? any ReportableError {
      return error.kind == .temporary || error.kind == .inputOutput
    }
    return false
  }

  private static func problemCode(_ error: any Error) -> String {
    switch error {
    case HubError.noSpace: "no_space"
    case is HubError: "hub_unreachable"
    case is ChainError: "chain_unreachable"
    default: "trying_again"
    }
  }
}
