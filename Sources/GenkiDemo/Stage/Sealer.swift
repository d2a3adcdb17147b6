import GenkiChain
import GenkiCore

/// Seals the next block whenever every daemon has done what it can in the newest one.
///
/// Because of this a round does not depend on wall time: a slow machine and a fast one, a killed and
/// a healthy daemon see the same blocks.
package struct Sealer {
  private static let pollSeconds = 0.02

  /// The ledger.
  package let chain: any StageChain
  package let interruption: Interruption
  /// Gives up if no block could be sealed for so long.
  package var limitSeconds = 600.0

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
    while try !isReached() {
      let head = try chain.head()
      let unready = try daemons.filter { try !isWaiting($0, at: head) }
      if unready.isEmpty {
        try beforeSeal(head)
        try chain.seal(count: 1)
        lastSeal = ContinuousClock.now
        continue
      }
      if (ContinuousClock.now - lastSeal) / .seconds(1) > limitSeconds {
        throw StageError.stalled(
          activity: activity, seconds: limitSeconds, daemons: unready.map(Self.description))
      }
      try interruption.wait(seconds: Self.pollSeconds, activity)
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

  private func isWaiting(_ daemon: StageDaemon, at head: BlockReference) throws -> Bool {
    let status: JSONValue
    do {
      status = try daemon.status()
    } catch {
      try daemon.requireRunning()
      throw error
    }
    return status["waiting_for_block"]?.boolValue == true
      && status["chain"]?["block"]?.intValue == Int(clamping: head.number)
  }

  private static func description(_ daemon: StageDaemon) -> String {
    let status = try? daemon.status()
    let problems = (status?["problems"]?.arrayValue ?? []).compactMap {
      $0["message"]?.stringValue
    }
    let state = status?["state"]?.stringValue ?? "silent"
    return ([("\(daemon.name) is \(state)")] + problems).joined(separator: ", ")
  }
}
