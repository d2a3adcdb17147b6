import Foundation
import Synchronization

/// Kills daemons on a thread of its own, so that no instant is left out.
///
/// The stage's thread tells which processes run, and starts again those that were killed.
final class Killer: @unchecked Sendable {
  /// A daemon that was killed.
  struct Kill: Sendable {
    let daemon: String
    let phase: DaemonTrace.Phase
    let isAimed: Bool
    /// Since the round's beginning.
    let seconds: Double
  }

  private struct Target {
    var trace: DaemonTrace
    var process: Int32?
    /// Set when it was killed.
    var death: (isAimed: Bool, seconds: Double)?
  }

  private struct Aim {
    let plan: KillPlan.Aimed
    var daemon = ""
    var process: Int32 = 0
    var due: ContinuousClock.Instant?
  }

  private static let stepSeconds = 0.001
  private static let effectSecondsDefault = 0.05

  private let condition = NSCondition()
  private let expectedSeconds: Double
  private let effectSeconds: [String: Double]
  private let start = ContinuousClock.now
  // Guarded by the condition.
  private var timed: [KillPlan.Timed]
  private var aims: [Aim]
  private var targets: [String: Target] = [:]
  private var kills: [Kill] = []
  private var isOver = false
  private var hasEnded = false

  /// - Parameters:
  ///   - expectedSeconds: The round's, over which kills are spread.
  ///   - effectSeconds: How long effects take.
  init(_ plan: KillPlan, expectedSeconds: Double, effectSeconds: [String: Double]) {
    timed = plan.timed
    aims = plan.aimed.map { Aim(plan: $0) }
    self.expectedSeconds = expectedSeconds
    self.effectSeconds = effectSeconds
    let thread = Thread { [self] in run() }
    thread.name = "killer"
    thread.start()
  }

  /// A process of this daemon runs.
  func started(_ daemon: StageDaemon) {
    locked {
      var target = targets[daemon.name] ?? Target(trace: DaemonTrace(path: daemon.logPath))
      target.trace.read()
      target.trace.restart()
      target.process = daemon.processIdentifier
      target.death = nil
      targets[daemon.name] = target
    }
  }

  /// The daemon's process has ended; true if it was killed.
  func ended(_ daemon: StageDaemon) -> Bool {
    locked {
      guard var target = targets[daemon.name] else { return false }
      target.process = nil
      target.trace.read()
      targets[daemon.name] = target
      guard let death = target.death else { return false }
      kills.append(
        Kill(
          daemon: daemon.name, phase: target.trace.phase, isAimed: death.isAimed,
          seconds: death.seconds))
      targets[daemon.name]?.death = nil
      return true
    }
  }

  /// This daemon is killed no more.
  func release(_ daemon: StageDaemon) {
    locked { targets[daemon.name]?.process = nil }
  }

  /// Ends the thread.
  ///
  /// - Returns: The longest time of each effect.
  func stop() -> [String: Double] {
    condition.lock()
    isOver = true
    condition.broadcast()
    while !hasEnded { condition.wait() }
    var durations: [String: Double] = [:]
    for name in targets.keys {
      targets[name]?.trace.read()
      durations.merge(targets[name]?.trace.durations ?? [:]) { max($0, $1) }
      targets[name]?.trace.close()
    }
    condition.unlock()
    return durations
  }

  /// Those that were killed and whose end was seen.
  var victims: [Kill] { locked { kills } }

  // MARK: - Thread

  private func run() {
    condition.lock()
    while !isOver {
      look()
      _ = condition.wait(until: Date(timeIntervalSinceNow: Self.stepSeconds))
    }
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  private func look() {
    let now = ContinuousClock.now
    let seconds = (now - start) / .seconds(1)
    if let next = timed.first, seconds >= next.share * expectedSeconds {
      if isAlive(next.daemon) { shoot(next.daemon, isAimed: false) }
      // A daemon that has gone home or is dead already is left alone.
      timed.removeFirst()
    }
    for name in targets.keys { targets[name]?.trace.read() }
    for index in aims.indices.reversed() {
      if aims[index].due == nil { take(aim: index, now) }
      guard let due = aims[index].due, now >= due else { continue }
      let aim = aims.remove(at: index)
      if targets[aim.daemon]?.process == aim.process, isAlive(aim.daemon) {
        shoot(aim.daemon, isAimed: true)
      }
    }
  }

  private func take(aim index: Int, _ now: ContinuousClock.Instant) {
    for name in targets.keys.sorted() where isAlive(name) {
      guard let target = targets[name], let process = target.process,
        let effect = aims[index].plan.effects.first(where: target.trace.open.contains)
      else { continue }
      let seconds = effectSeconds[effect] ?? Self.effectSecondsDefault
      aims[index].daemon = name
      aims[index].process = process
      aims[index].due = now + .seconds(seconds * aims[index].plan.share)
      return
    }
  }

  private func isAlive(_ name: String) -> Bool {
    guard let target = targets[name] else { return false }
    return target.process != nil && target.death == nil
  }

  private func shoot(_ name: String, isAimed: Bool) {
    guard let process = targets[name]?.process else { return }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    targets[name]?.death = (isAimed, seconds)
    kill(process, SIGKILL)
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }
}
