import Foundation
import GenkiCore

/// Plays a round undisturbed, then again and again while daemons are killed, and compares.
package struct CrashPlay {
  /// What it is played with.
  package struct Settings {
    /// How many kills there must be.
    package var kills: Int
    package var seed: UInt64
    /// The folder of the rounds, absolute; it is there already.
    package var folder: String
    /// The folder of the programs.
    package var programs: String
    /// Whether the folders of rounds that went well stay.
    package var keepsRounds = true
    package var killsPerRound = 8

    /// A play in a folder.
    package init(kills: Int, seed: UInt64, folder: String, programs: String) {
      self.kills = kills
      self.seed = seed
      self.folder = folder
      self.programs = programs
    }
  }

  private let settings: Settings
  private let interruption: Interruption
  private let tell: (String) -> Void

  /// - Parameter tell: Gets a line after every round.
  package init(_ settings: Settings, interruption: Interruption, tell: @escaping (String) -> Void) {
    self.settings = settings
    self.interruption = interruption
    self.tell = tell
  }

  /// Plays until there were enough kills or a round ended otherwise.
  package func run() throws -> CrashFigures {
    let start = ContinuousClock.now
    let recipe = CrashRecipe(seed: settings.seed)
    let shared = "\(settings.folder)/shared"
    try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
    let files = CrashFiles(recipe: recipe, folder: shared)
    try files.make(
      try ProgramCaller(programs: settings.programs, folder: shared, interruption: interruption))
    var figures = CrashFigures(seed: settings.seed)
    let calm = try play(
      0, recipe, files, KillPlan(), expectedSeconds: 1, effectSeconds: [:], &figures)
    figures.reference = calm.outcome
    figures.problems = calm.outcome.faults
    tell("undisturbed: \(Self.text(calm.outcome.seconds)) s, block \(calm.outcome.block)")
    var (expected, index) = (calm.outcome.seconds, 0)
    while figures.problems.isEmpty, figures.kills.count < settings.kills {
      let count = min(settings.killsPerRound, settings.kills - figures.kills.count)
      let plan = KillPlan(
        seed: settings.seed, index: index, daemons: recipe.members, kills: count)
      index += 1
      let (before, problem) = (figures.kills.count, "seed \(settings.seed), round \(index)")
      let round = try play(
        index, recipe, files, plan, expectedSeconds: expected, effectSeconds: calm.effects,
        &figures)
      figures.rounds += 1
      figures.problems = round.outcome.differences(from: calm.outcome).map { "\(problem): \($0)" }
      if !settings.keepsRounds, figures.problems.isEmpty {
        try FileManager.default.removeItem(atPath: folder(index))
      }
      // Starting again takes time, too.
      expected = (expected + round.outcome.seconds) / 2
      tell(
        "round \(index): \(figures.kills.count - before) kills, "
          + "\(Self.text(round.outcome.seconds)) s, block \(round.outcome.block), "
          + (figures.problems.isEmpty ? "the same" : "DIFFERENT"))
    }
    figures.seconds = (ContinuousClock.now - start) / .seconds(1)
    return figures
  }

  private func play(
    _ index: Int, _ recipe: CrashRecipe, _ files: CrashFiles, _ plan: KillPlan,
    expectedSeconds: Double, effectSeconds: [String: Double], _ figures: inout CrashFigures
  ) throws -> (outcome: CrashOutcome, effects: [String: Double]) {
    let path = folder(index)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var stageSettings = Stage.Settings(path: path, programs: settings.programs)
    stageSettings.seed = settings.seed
    stageSettings.tempo = recipe.tempo
    stageSettings.logLevel = "debug"
    let stage = try Stage(stageSettings, interruption: interruption)
    let cast = try CrashCast(recipe, files: files, stage: stage)
    let killer = Killer(plan, expectedSeconds: expectedSeconds, effectSeconds: effectSeconds)
    let outcome: CrashOutcome
    do {
      outcome = try CrashRound(cast: cast, killer: killer).run()
    } catch let error as any ReportableError {
      _ = killer.stop()
      throw DemoError.outcome([
        "seed \(settings.seed), round \(index) in \(path): \(error)"
      ])
    }
    let effects = killer.stop()
    figures.kills += killer.victims
    return (outcome, effects)
  }

  private func folder(_ index: Int) -> String { "\(settings.folder)/round-\(index)" }

  static func text(_ seconds: Double) -> String { String(format: "%.1f", seconds) }
}
