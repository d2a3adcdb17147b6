import GenkiCore

/// Both sides' figures of one workload, taken in turns.
package struct Comparison: Sendable {
  package let workload: Workload
  package let ours: Measurement
  package let theirs: Measurement
  /// How the other side's way of doing it was found.
  package let choice: PeerChoice

  package init(
    workload: Workload, ours: Measurement, theirs: Measurement,
    choice: PeerChoice = PeerChoice(.plain)
  ) {
    self.workload = workload
    self.ours = ours
    self.theirs = theirs
    self.choice = choice
  }

  /// Lets workers of ours and one of the other side take turns.
  ///
  /// - Parameters:
  ///   - ours: The commands of our workers, one for each precision.
  ///   - theirs: The other's.
  ///   - conditions: How long turns and answers last.
  ///   - onPair: Called with the ratios of each round of turns.
  /// - Returns: One comparison for each worker of ours.
  package static func run(
    _ workload: Workload, ours: [PeerCommand], theirs: PeerCommand, choice: PeerChoice,
    threads: Int, pairs: Int, conditions: TurnConditions, onPair: ([Double]) -> Void
  ) throws -> [Comparison] {
    var peers: [MeasuredPeer] = []
    defer { peers.forEach { $0.end() } }
    for command in ours + [theirs] {
      peers.append(
        try MeasuredPeer(
          command, workload: workload, threads: threads, turnSeconds: conditions.turnSeconds,
          secondsMaximum: conditions.secondsMaximum, check: conditions.check))
    }
    guard let other = peers.last else { return [] }
    func state() -> [Comparison] {
      peers.dropLast().map {
        Comparison(
          workload: workload, ours: $0.measurement, theirs: other.measurement, choice: choice)
      }
    }
    for pair in 0..<pairs {
      // Whoever comes first in one pair comes last in the next.
      for peer in pair % 2 == 0 ? peers : peers.reversed() { try peer.turn() }
      onPair(state().map { $0.ratios.values.last ?? .nan })
    }
    return state()
  }

  /// Our speed divided by theirs, pair by pair.
  package var ratios: Samples {
    Samples(
      zip(ours.turns, theirs.turns).map {
        ours.tokensPerSecond($0) / theirs.tokensPerSecond($1)
      })
  }

  /// Why the figures are not to be trusted; nil if nothing else ran.
  package var disturbance: String? {
    let share = max(ours.otherShares.median, theirs.otherShares.median)
    guard share > Self.otherShareMaximum else { return nil }
    let percent = ComparisonTable.fixed(100 * share, 0)
    return "other work took \(percent) % of the processors; measure again when it is quiet"
  }

  /// Other work below this share changes little.
  private static let otherShareMaximum = 0.05

  // MARK: - The same work

  /// How far the losses may lie apart, as a share, when both sides compute in float32.
  private static let toleranceFloat32 = 1e-3
  /// The same when one side does not.
  static let toleranceOther = 2e-2

  /// Why the two sides do not do the same work; nil if they do.
  package var difference: String? {
    // Each side names its precision in its own words; those of 16 bits begin alike.
    let isFloat32 = ![ours.compute, theirs.compute].contains { name in
      ["bf", "fp16"].contains { name.hasPrefix($0) }
    }
    let tolerance = isFloat32 ? Self.toleranceFloat32 : Self.toleranceOther
    for (name, mine, other) in [
      ("first", ours.first, theirs.first), ("second", ours.second, theirs.second),
    ] {
      switch (mine.loss, other.loss) {
      case (let mine?, let other?):
        // Written so that nan is a difference.
        guard (mine - other).magnitude <= tolerance * other.magnitude else {
          return "the \(name) step's loss is \(mine) here and \(other) there"
        }
      case (nil, nil) where mine.digest != nil || other.digest != nil:
        guard mine.digest == other.digest else {
          return "the \(name) text's ids have the digest \(mine.digest ?? "none") here and "
            + "\(other.digest ?? "none") there"
        }
      case (nil, nil):
        guard mine.tokens.count == other.tokens.count, !mine.tokens.isEmpty else {
          return "\(mine.tokens.count) new tokens here and \(other.tokens.count) there"
        }
        if isFloat32, mine.tokens.first != other.tokens.first {
          return "the \(name) text begins with different tokens"
        }
      default: return "only one side has a loss"
      }
    }
    return nil
  }

  /// How many of the first step's new tokens are the same.
  package var equalTokens: Int {
    zip(ours.first.tokens, theirs.first.tokens).count { $0 == $1 }
  }

  /// The goal beside this way of PyTorch, if there is one.
  package var goal: Workload.Goal? {
    // Only PyTorch says how it runs a model.
    guard theirs.mode != nil else { return nil }
    return workload.goals.first {
      switch $0.beside {
      case .best: choice.isBest
      case .plain: !choice.isBest && choice.setting == .plain
      }
    }
  }

  /// The parts of the goal that are missed.
  package var misses: [String] {
    guard let goal else { return [] }
    var result: [String] = []
    if goal.judgesSpeed(compute: ours.compute), ratios.median < goal.ratioMinimum {
      result.append("speed")
    }
    if ours.peakBytes > goal.memory.bytesMaximum(theirs: theirs.peakBytes) {
      result.append("memory")
    }
    return result
  }

  /// Everything, for `--json`.
  package var json: JSONValue {
    var object: JSONObject = [
      "workload": .string(workload.name), "ours": ours.json, "theirs": theirs.json,
      "ratio_median": .number(ratios.median), "ratio_min": .number(ratios.minimum),
      "ratio_max": .number(ratios.maximum),
      "ratios": .array(ratios.values.map { .number($0) }),
      "same_work": .bool(difference == nil),
      "best_of_theirs": .bool(choice.isBest),
      "tried": .array(choice.trials.map(\.json)),
    ]
    if let goal {
      object["goal"] = [
        "beside": .string(goal.beside.rawValue), "ratio_min": .number(goal.ratioMinimum),
        "ratio_aim": goal.ratioAim.map { .number($0) } ?? .null,
        "speed_counts": .bool(goal.judgesSpeed(compute: ours.compute)),
        "memory_bytes_max": JSONValue(goal.memory.bytesMaximum(theirs: theirs.peakBytes)),
        "missed": .array(misses.map { .string($0) }),
      ]
    }
    return .object(object)
  }
}
