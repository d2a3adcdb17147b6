import GenkiCore

/// When daemons of a round are killed; it follows from the seed.
package struct KillPlan {
  /// Whatever a daemon does at that time.
  struct Timed {
    /// A share of the round's expected time.
    let share: Double
    let daemon: String
  }

  /// A daemon that has begun one of these effects, after a share of the effect's longest time.
  struct Aimed {
    let effects: [String]
    let share: Double
  }

  /// Effects that are too short for kills at random times to hit them often.
  private static let shortEffects = [
    ["score"], ["aggregate"], ["upload"], ["publish"], ["sign_commit", "send_commit"],
    ["verify_base"], ["sign_weights", "send_weights"], ["publish_base"],
    ["sign_announce", "send_announce"], ["verify_submission"],
  ]
  private static let aimedCount = 4

  var timed: [Timed] = []
  var aimed: [Aimed] = []

  /// A round that nobody disturbs.
  init() {}

  /// - Parameter index: Of the disturbed round, from 0.
  package init(seed: UInt64, index: Int, daemons: [String], kills: Int) {
    var random = DeterministicRandom(seed: seed, domain: "crash plan \(index)")
    let aimedCount = min(Self.aimedCount, kills / 2)
    timed = (0..<(kills - aimedCount)).map { _ in
      Timed(share: random.uniform(), daemon: daemons[random.next(below: daemons.count)])
    }.sorted { $0.share < $1.share }
    for offset in 0..<aimedCount {
      // Scoring and merging in every round, the others in turn.
      let effects: [String]
      switch offset {
      case 0, 1: effects = Self.shortEffects[offset]
      case 2: effects = Self.shortEffects[2 + index % 3]
      default: effects = Self.shortEffects[5 + index % 5]
      }
      aimed.append(Aimed(effects: effects, share: random.uniform()))
    }
  }
}
