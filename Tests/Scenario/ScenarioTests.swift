import Foundation
import GenkiCore
import Testing

/// Whole rounds with faults by seed. A seed that fails runs alone with GENKI_TEST_SEED=SEED, more of
/// them with GENKI_SCENARIO_SEEDS=COUNT, from GENKI_SCENARIO_FIRST=SEED; without either a few run.
@Suite struct ScenarioTests {
  private static let seedsByDefault: UInt64 = 25

  private static var seeds: [UInt64] {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["GENKI_TEST_SEED"].flatMap(UInt64.init) { return [seed] }
    let count = environment["GENKI_SCENARIO_SEEDS"].flatMap(UInt64.init) ?? seedsByDefault
    // Several processes can share a long run: each takes the seeds after its first.
    let first = environment["GENKI_SCENARIO_FIRST"].flatMap(UInt64.init) ?? 1
    return Array(first..<(first + count))
  }

  /// The shares run side by side.
  @Test(arguments: 0..<UInt64(4)) func everySeedKeepsTheInvariants(share: UInt64) {
    for seed in Self.seeds where seed % 4 == share {
      do {
        for failure in try Self.failures(of: Self.options(seed)) { Issue.record("\(failure)") }
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
  }

  /// Two to eight miners, some attackers, one or two rounds, and a mixture of faults.
  static func options(_ seed: UInt64) -> ScenarioOptions {
    var random = DeterministicRandom(seed: seed, domain: "scenario/options")
    var options = ScenarioOptions(seed: seed)
    options.miners = 2 + random.next(below: 4)
    if random.next(below: 10) == 0 { options.miners += random.next(below: 6) }
    options.rounds = random.next(below: 4) == 0 ? 2 : 1
    var attacks = Attack.allCases
    random.shuffle(&attacks)
    options.attacks = Array(attacks.prefix(random.next(below: 4)))
    options.order = random.next(below: 2) == 0 ? .turns : .interleaved
    options.offline = random.next(below: 3) == 0
    options.slowValidator = random.next(below: 4) == 0
    switch random.next(below: 7) {
    case 0: options.rates.crash = 60
    case 1: options.rates.hub = 60
    case 2: options.rates.chain = 15
    case 3: options.rates.write = 40
    case 4: options.rates = FaultPlan.Rates(crash: 40, write: 20, hub: 40, chain: 8)
    default: break
    }
    if random.next(below: 3) == 0 {
      options.baseType = random.next(below: 2) == 0 ? .BF16 : .F16
      options.damaType = random.next(below: 2) == 0 ? "float32" : "base"
      options.publishesBF16 = random.next(below: 2) == 0
    }
    return options
  }

  /// What does not hold after a scenario, and where it differs from the same without faults.
  static func failures(of options: ScenarioOptions) throws -> [String] {
    let world = try World(options)
    try world.runAllRounds()
    var failures = try Invariants(world).broken
    failures += try world.restartEverybody().map { "seed \(options.seed): \($0)" }
    guard options.order == .turns, !options.offline, world.faults.count > 0 else {
      return failures
    }
    var calm = options
    calm.rates = .none
    let other = try World(calm)
    try other.runAllRounds()
    let (disturbed, undisturbed) = (try world.essence(), try other.essence())
    if disturbed != undisturbed {
      failures.append(
        "seed \(options.seed): faults change the round:\n\(disturbed)\n\(undisturbed)")
    }
    return failures
  }
}
