import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore

/// Plays rounds on a subtensor node while node, network and daemons fail.
package struct StormPlay {
  /// What it is played with.
  package struct Settings {
    /// The command that starts the node.
    package var nodeCommand: [String]
    package var seed: UInt64 = 1
    package var rounds = 1
    /// Kills in each round.
    package var kills = 8
    /// Of so many requests one is disturbed.
    package var oneIn = 20
    package var outageSeconds = 15.0
    /// Whether weights are committed to and revealed.
    package var commitReveal = false
    /// The folder of the rounds, absolute; it is there already.
    package var folder: String
    /// The folder of the programs.
    package var programs: String

    /// A play in a folder.
    package init(nodeCommand: [String], folder: String, programs: String) {
      self.nodeCommand = nodeCommand
      self.folder = folder
      self.programs = programs
    }
  }

  private static let oldSpec = "343"
  private static let lengthBlocks = 20
  /// Nodes are not asked more often in earnest, either.
  private static let pollSeconds = 0.25
  private static let stallSeconds = 300.0
  /// How long a round takes at least while all this happens: kills are spread over it.
  private static let expectedSeconds = 30.0

  private let settings: Settings
  private let interruption: Interruption
  private let tell: (String) -> Void

  package init(_ settings: Settings, interruption: Interruption, tell: @escaping (String) -> Void) {
    self.settings = settings
    self.interruption = interruption
    self.tell = tell
  }

  /// Plays all rounds.
  package func run() throws -> StormFigures {
    var recipe = CrashRecipe(seed: settings.seed)
    recipe.lengthBlocks = Self.lengthBlocks
    let shared = "\(settings.folder)/shared"
    try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
    let files = CrashFiles(recipe: recipe, folder: shared)
    try files.make(
      try ProgramCaller(programs: settings.programs, folder: shared, interruption: interruption))
    var figures = StormFigures()
    for index in 0..<settings.rounds {
      try play(index, recipe, files, &figures)
      tell(figures.line(ofRound: index))
    }
    return figures
  }

  private func play(
    _ index: Int, _ recipe: CrashRecipe, _ files: CrashFiles, _ figures: inout StormFigures
  ) throws {
    let path = "\(settings.folder)/round-\(index)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let seed = settings.seed &+ UInt64(index)
    var gateway: FaultyGateway?
    var stageSettings = Stage.Settings(path: path, programs: settings.programs)
    stageSettings.seed = settings.seed
    stageSettings.tempo = recipe.tempo
    stageSettings.logLevel = "debug"
    stageSettings.pollSeconds = Self.pollSeconds
    stageSettings.commitReveal = settings.commitReveal
    stageSettings.nodeCommand = settings.nodeCommand + ["--spec", Self.oldSpec]
    let stage = try Stage(stageSettings, interruption: interruption) { url in
      let made = try FaultyGateway(nodeURL: url, seed: seed, oneIn: settings.oneIn)
      gateway = made
      return made.url
    }
    let cast = try CrashCast(recipe, files: files, stage: stage)
    guard let gateway, let chain = cast.chain as? SubtensorChain, let node = stage.node else {
      throw DemoError.outcome(["there is no node"])
    }
    defer { gateway.close() }
    let rival = try StormRival(
      chain: try node.client(netuid: chain.netuid), keypair: try stage.hotkey(recipe.miners[1]))
    gateway.set(onSubmission: { [rival] in rival.race($0) })
    let weather = StormWeather(
      chain: chain, gateway: gateway, daemons: stage.daemons,
      outageSeconds: settings.outageSeconds, interruption: interruption)
    let killer = Killer(
      KillPlan(seed: seed, index: 0, daemons: recipe.members, kills: settings.kills),
      expectedSeconds: Self.expectedSeconds, effectSeconds: [:])
    var round = CrashRound(cast: cast, killer: killer)
    round.stallSeconds = Self.stallSeconds
    if settings.commitReveal { round.isComplete = Self.haveRevealed }
    round.beforeSeal = { try weather.beforeSeal($0) }
    gateway.set(isCalm: false)
    let outcome: CrashOutcome
    do {
      outcome = try round.run()
    } catch let error as any ReportableError {
      _ = killer.stop()
      throw DemoError.outcome(["round \(index) in \(path): \(error)"])
    }
    _ = killer.stop()
    figures.add(
      StormFigures.Round(
        outcome: outcome, kills: killer.victims.count, faults: gateway.faultCounts,
        refusedConnections: gateway.refusedCount, weather: weather.counts,
        verdicts: try NodeVerdicts(try chain.node.call("fake_verdicts")),
        problems: weather.problems, rival: rival.address.description,
        hasRaced: rival.hasRaced, names: cast.names))
  }

  /// Whether every validator's first weights are revealed, in a final block.
  private static func haveRevealed(_ validators: [StageDaemon]) throws -> Bool {
    try validators.allSatisfy { validator in
      let settings = try validator.call("weights.show", ["limit": 100])["items"]?.arrayValue ?? []
      return settings.last?["reveal"]?["block"]?.intValue != nil
    }
  }
}
