import Foundation
import GenkiChain
import GenkiCore

/// Plays one round while a killer is at work: seals blocks and starts again who was killed.
struct CrashRound {
  private static let number = 1
  private static let pollSeconds = 0.01

  let cast: CrashCast
  let killer: Killer
  /// A round in which so long no block could be sealed has failed.
  var stallSeconds = 60.0
  /// What the validators have to come to besides; looked at again and again.
  var isComplete: ([StageDaemon]) throws -> Bool = { _ in true }
  /// Called when all wait at the head, before the next block is sealed.
  var beforeSeal: (BlockReference) throws -> Void = { _ in }

  private var stage: Stage { cast.stage }

  /// Plays from the announcement until both validators have verified the Dama.
  func run() throws -> CrashOutcome {
    let start = ContinuousClock.now
    defer { stage.stopAll() }
    for daemon in stage.daemons {
      try daemon.start()
      killer.started(daemon)
    }
    try seal("the miners of the round checked what they published", stage.daemons) { statuses in
      try cast.miners.allSatisfy { miner in
        guard let submission = statuses[miner.name]?["submission"],
          let state = submission["state"]?.stringValue
        else { return false }
        guard !["superseded", "failed"].contains(state) else {
          throw DemoError.outcome([
            "\(miner.name)'s submission is \(state): \(submission["reason"]?.stringValue ?? "")"
          ])
        }
        return state == "verified"
      }
    }
    var problems: [String] = []
    try sendMinersHome(&problems)
    let next: JSONObject = ["round": JSONValue(Self.number + 1)]
    try seal("the Dama was verified", cast.validators) { statuses in
      try cast.validators.allSatisfy { validator in
        guard statuses[validator.name] != nil else { return false }
        return try find(validator, next) != nil
      }
    }
    try seal("the validators came to the end", cast.validators) { _ in
      guard cast.validators.allSatisfy(\.isRunning) else { return false }
      return (try? isComplete(cast.validators)) ?? false
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    for daemon in cast.validators { killer.release(daemon) }
    try settle(cast.validators, &problems)
    var outcome = try CrashOutcome(reading: cast, round: Self.number)
    outcome.seconds = seconds
    outcome.problems += problems
    return outcome
  }

  /// Nobody trains for the next round.
  private func sendMinersHome(_ problems: inout [String]) throws {
    for miner in cast.miners { killer.release(miner) }
    try settle(cast.miners, &problems)
    for miner in cast.miners { miner.terminate() }
    for miner in cast.miners { try miner.stop() }
  }

  /// Nil if the daemon was killed in this very moment, too.
  private func find(_ daemon: StageDaemon, _ parameters: JSONObject) throws -> JSONValue? {
    do {
      return try daemon.find("round.verify", parameters)
    } catch {
      _ = try revive(daemon)
      return nil
    }
  }

  // MARK: - Blocks

  private func seal(
    _ activity: String, _ daemons: [StageDaemon],
    until isReached: ([String: JSONValue]) throws -> Bool
  ) throws {
    var deadline = ContinuousClock.now + .seconds(stallSeconds)
    // Who has had nothing to do at the head once has to wait for a block, also if it cannot ask now.
    var ready: (head: BlockReference, daemons: Set<String>) = (try cast.chain.head(), [])
    while true {
      let head = try cast.chain.head()
      if head != ready.head { ready = (head, []) }
      var statuses: [String: JSONValue] = [:]
      for daemon in daemons {
        if try revive(daemon) {
          deadline = ContinuousClock.now + .seconds(stallSeconds)
          ready.daemons.remove(daemon.name)
        }
        statuses[daemon.name] = try? daemon.status()
      }
      if try isReached(statuses) { return }
      for daemon in daemons where Self.isWaiting(statuses[daemon.name], at: head) {
        ready.daemons.insert(daemon.name)
      }
      if daemons.allSatisfy({ ready.daemons.contains($0.name) && $0.isRunning }) {
        try beforeSeal(head)
        try cast.chain.seal(count: 1)
        deadline = ContinuousClock.now + .seconds(stallSeconds)
        continue
      }
      guard ContinuousClock.now < deadline else {
        throw StageError.stalled(
          activity: activity, seconds: stallSeconds,
          daemons: daemons.map { Self.description($0, statuses[$0.name]) })
      }
      try stage.interruption.wait(seconds: Self.pollSeconds, activity)
    }
  }

  /// Starts a daemon again that was killed.
  ///
  /// - Returns: True if it was.
  /// - Throws: `StageError.ended` if it ended by itself.
  private func revive(_ daemon: StageDaemon) throws -> Bool {
    guard !daemon.isRunning else { return false }
    guard killer.ended(daemon) else {
      try daemon.requireRunning()
      return false
    }
    daemon.kill()
    try daemon.start()
    killer.started(daemon)
    return true
  }

  /// Waits until nobody has anything to do, without another block.
  private func settle(_ daemons: [StageDaemon], _ problems: inout [String]) throws {
    let deadline = ContinuousClock.now + .seconds(stallSeconds)
    for daemon in daemons {
      while true {
        if !daemon.isRunning {
          guard killer.ended(daemon) else { try daemon.requireRunning(); break }
          daemon.kill()
          try daemon.start()
        }
        let status = try? daemon.status()
        if Self.isWaiting(status, at: try cast.chain.head()) {
          problems += (status?["problems"]?.arrayValue ?? []).map {
            "\(daemon.name) reports: \($0["message"]?.stringValue ?? "a problem")"
          }
          break
        }
        guard ContinuousClock.now < deadline else {
          throw StageError.stalled(
            activity: "the daemons came to rest", seconds: stallSeconds,
            daemons: [Self.description(daemon, status)])
        }
        try stage.interruption.wait(seconds: Self.pollSeconds, "the daemons came to rest")
      }
    }
  }

  private static func isWaiting(_ status: JSONValue?, at head: BlockReference) -> Bool {
    status?["waiting_for_block"]?.boolValue == true
      && status?["chain"]?["block"]?.intValue == Int(clamping: head.number)
  }

  private static func description(_ daemon: StageDaemon, _ status: JSONValue?) -> String {
    let problems = (status?["problems"]?.arrayValue ?? []).compactMap {
      $0["message"]?.stringValue
    }
    return (["\(daemon.name) is \(status?["state"]?.stringValue ?? "silent")"] + problems)
      .joined(separator: ", ")
  }
}
