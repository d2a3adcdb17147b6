import GenkiChain
import GenkiCore

/// Seals the next block whenever every daemon has done what it can in the newest one.
///
/// Because of this a round does not depend on wall time: a slow machine and a fast one, a killed and
/// a healthy daemon see the same blocks.
package struct Sealer {
  private static let pollSeconds = 0.02
  /// The pauses between two looks grow to this: whoever works for minutes need not be asked often.
  private static let pollSecondsMaximum = 0.5

  /// The ledger.
  package let chain: any StageChain
  package let interruption: Interruption
  /// Gives up if no block could be sealed and no daemon has worked for so long.
  package var limitSeconds = 600.0
  /// Gives up if no block could be sealed for so long, whatever daemons do; at least `limitSeconds`.
  package var workLimitSeconds = 600.0

  /// A sealer of a ledger whose blocks nobody else seals.
  package init(chain: any StageChain, interruption: Interruption) {
    self.chain = chain
    self.interruption = interruption
  }

  /// Seals until something is reached, or does nothing if it is.
  ///
  /// - Parameters:
  ///   - activity: What is waited for, in words that follow "while".
  ///   - daemons: Those that must be waiting before a block is sealed.
  ///   - beforeSeal: Called when all wait at the head; what it submits is in the next block.
  ///   - isReached: Looked at again and again, many times a second.
  package func run(
    _ activity: String, _ daemons: [StageDaemon],
    beforeSeal: (BlockReference) throws -> Void = { _ in }, until isReached: () throws -> Bool
  ) throws {
    var lastSeal = ContinuousClock.now
    var lastWork = lastSeal
    while try !isReached() {
      let head = try chain.head()
      let unready = try daemons.map { (daemon: $0, status: try answer($0)) }
        .filter { !Self.isWaiting($0.status, at: head) }
      let now = ContinuousClock.now
      if unready.isEmpty {
        try beforeSeal(head)
        try chain.seal(count: 1)
        (lastSeal, lastWork) = (now, now)
        continue
      }
      let works = unready.contains { $0.status["state"]?.stringValue == "working" }
      if works { lastWork = now }
      let (quiet, idle) = ((now - lastSeal) / .seconds(1), (now - lastWork) / .seconds(1))
      if idle > limitSeconds || quiet > max(limitSeconds, workLimitSeconds) {
        throw StageError.stalled(
          activity: activity, seconds: quiet.rounded(),
          daemons: unready.map { Self.description($0.daemon, $0.status) })
      }
      try interruption.wait(
        seconds: min(Self.pollSecondsMaximum, max(Self.pollSeconds, quiet / 50)), activity)
    }
    try interruption.check(activity)
  }

  /// Waits for something without sealing a block.
  package func wait(_ activity: String, seconds: Double, until isReached: () throws -> Bool) throws
  {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !isReached() {
      guard ContinuousClock.now < deadline else {
        throw StageError.stalled(activity: activity, seconds: seconds, daemons: [])
      }
      try interruption.wait(seconds: Self.pollSeconds, activity)
    }
  }

  private func answer(_ daemon: StageDaemon) throws -> JSONValue {
    do {
      return try daemon.status()
    } catch {
      try daemon.requireRunning()
      throw error
    }
  }

  private static func isWaiting(_ status: JSONValue, at head: BlockReference) -> Bool {
    status["waiting_for_block"]?.boolValue == true
      && status["chain"]?["block"]?.intValue == Int(clamping: head.number)
  }

  private static func description(_ daemon: StageDaemon, _ status: JSONValue) -> String {
    let problems = (status["problems"]?.arrayValue ?? []).compactMap {
      $0["message"]?.stringValue
    }
    let state = status["state"]?.stringValue ?? "silent"
    return ([("\(daemon.name) is \(state)")] + problems).joined(separator: ", ")
  }
}
