import GenkiCore

/// Both sides' figures of one workload, taken in turns.
package struct Comparison: Sendable {
  package let workload: Workload
  package let ours: Measurement
  package let theirs: Measurement

  package init(workload: Workload, ours: Measurement, theirs: Measurement) {
    self.workload = workload
    self.ours = ours
    self.theirs = theirs
  }

  /// Lets two workers take turns.
  ///
  /// - Parameters:
  ///   - first: Our worker's command.
  ///   - second: The other's.
  ///   - onPair: Called with each pair's ratio.
  package static func run(
    _ workload: Workload, ours first: PeerCommand, theirs second: PeerCommand,
    threads: (ours: Int, theirs: Int), pairs: Int, turnSeconds: Double, secondsMaximum: Double,
    check: @escaping () throws -> Void, onPair: (Double) -> Void
  ) throws -> Comparison {
    let ours = try MeasuredPeer(
      first, workload: workload, threads: threads.ours, turnSeconds: turnSeconds,
      secondsMaximum: secondsMaximum, check: check)
    defer { ours.end() }
    let theirs = try MeasuredPeer(
      second, workload: workload, threads: threads.theirs, turnSeconds: turnSeconds,
      secondsMaximum: secondsMaximum, check: check)
    defer { theirs.end() }
    for pair in 0..<pairs {
      // Whoever comes first in one pair comes second in the next.
      for peer in pair % 2 == 0 ? [ours, theirs] : [theirs, ours] { try peer.turn() }
      let state = Comparison(
        workload: workload, ours: ours.measurement, theirs: theirs.measurement)
      onPair(state.ratios.values.last ?? .nan)
    }
    return Comparison(workload: workload, ours: ours.measurement, theirs: theirs.measurement)
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
  private static let toleranceOther = 2e-2

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

  /// The goals that are missed.
  package var misses: [String] {
    guard let goal = workload.goal else { return [] }
    var result: [String] = []
    if ratios.median < goal.ratioMinimum { result.append("speed") }
    if ours.peakBytes > goal.memoryBytesMaximum { result.append("memory") }
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
    ]
    if let goal = workload.goal {
      object["goal"] = [
        "ratio_min": .number(goal.ratioMinimum), "ratio_aim": .number(goal.ratioAim),
        "memory_bytes_max": JSONValue(goal.memoryBytesMaximum),
        "missed": .array(misses.map { .string($0) }),
      ]
    }
    return .object(object)
  }
}
