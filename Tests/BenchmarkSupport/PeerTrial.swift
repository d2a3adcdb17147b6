import GenkiCore

/// How fast one way of doing a workload was when it was tried, or why it could not be.
package struct PeerTrial: Sendable, Equatable {
  package let setting: PeerSetting
  /// The best turn's tokens per second.
  package let tokensPerSecond: Double?
  /// The loss of its first step.
  package let firstLoss: Double?
  /// Why it is not chosen, whatever its speed.
  package let problem: String?

  package init(
    _ setting: PeerSetting, tokensPerSecond: Double? = nil, firstLoss: Double? = nil,
    problem: String? = nil
  ) {
    self.setting = setting
    self.tokensPerSecond = tokensPerSecond
    self.firstLoss = firstLoss
    self.problem = problem
  }

  private static let turns = 3
  /// Whoever's second step is slower than the best by this factor is not measured further.
  private static let hopelessFactor = 3.0

  /// Tries one way in a process of its own: two steps to take its memory and compile, then three turns.
  ///
  /// A process that fails is a trial's result; only what `check` throws, and a program that cannot be
  /// started at all, ends the comparison.
  ///
  /// - Parameter earlier: The trials before it.
  package static func run(
    _ setting: PeerSetting, command: PeerCommand, workload: Workload, earlier: [PeerTrial],
    conditions: TurnConditions
  ) throws -> PeerTrial {
    do {
      return try measure(
        setting, command: command, workload: workload, earlier: earlier, conditions: conditions)
    } catch let error as BenchmarkError {
      if case .cannotStart = error { throw error }
      return PeerTrial(setting, problem: "\(error.what): \(error.why)")
    }
  }

  private static func measure(
    _ setting: PeerSetting, command: PeerCommand, workload: Workload, earlier: [PeerTrial],
    conditions: TurnConditions
  ) throws -> PeerTrial {
    let peer = try Peer(
      command, secondsMaximum: conditions.secondsMaximum, check: conditions.check)
    defer { peer.end() }
    let ready = try peer.ready()
    let loss = ready.first.loss
    if let problem = ready.problem ?? difference(loss, from: earlier) {
      return PeerTrial(setting, firstLoss: loss, problem: problem)
    }
    func speed(_ turn: TurnReport) -> Double {
      Double(workload.tokensPerStep * turn.steps) / turn.seconds
    }
    let second = try peer.turn(steps: 1)
    var best = speed(second)
    let fastest = earlier.compactMap(\.tokensPerSecond).max() ?? 0
    if best * hopelessFactor >= fastest {
      let steps = MeasuredPeer.stepsPerTurn(
        stepSeconds: second.seconds, turnSeconds: conditions.turnSeconds)
      for _ in 0..<turns { best = max(best, speed(try peer.turn(steps: steps))) }
    }
    return PeerTrial(setting, tokensPerSecond: best, firstLoss: loss)
  }

  /// Why a loss is not that of the same work: the plainest way that could be tried says what is right.
  package static func difference(_ loss: Double?, from earlier: [PeerTrial]) -> String? {
    guard let right = earlier.first(where: { $0.problem == nil })?.firstLoss else { return nil }
    let found = loss ?? .nan
    // Written so that nan is a difference.
    guard (found - right).magnitude <= Comparison.toleranceOther * right.magnitude else {
      return "the first step's loss is \(found) instead of \(right)"
    }
    return nil
  }

  package var json: JSONValue {
    [
      "dtype": .string(setting.dataType.rawValue), "mode": .string(setting.mode.rawValue),
      "tokens_per_second": tokensPerSecond.map { .number($0) } ?? .null,
      "first_loss": firstLoss.map { .number($0) } ?? .null, "problem": JSONValue(problem),
    ]
  }
}
