import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiReport

/// Rounds from base to report: a subnet of daemons, what it does round by round, what that brought.
struct DemoPlay {
  let recipe: RoundRecipe
  /// Makes the recipe's base; nil where it is there already.
  let base: DemoBase?
  let folder: DemoFolder
  let stage: Stage
  let caller: ProgramCaller
  let phases: PhaseClock
  /// Shows a round when it is over.
  let show: (RoundFigures) -> Void

  private var models: DemoModels {
    DemoModels(recipe: recipe, threads: stage.settings.threads, caller: caller)
  }

  /// Plays; the daemons are stopped however it ends.
  func run() throws -> DemoFigures {
    var figures = DemoFigures()
    figures.prompt = recipe.prompt
    figures.base = try base?.make()
    let cast = try start()
    defer { stage.stopAll() }
    var sealer = Sealer(chain: cast.chain, interruption: stage.interruption)
    sealer.workLimitSeconds = recipe.workSecondsMaximum
    for number in 1...recipe.rounds {
      let round = try RoundPlay(number: number, cast: cast, sealer: sealer, phases: phases).run()
      figures.rounds.append(round)
      show(round)
    }
    try readEpochs(&figures, cast, sealer)
    try phases.measure("stop", "the daemons end") { _ in
      stage.stopAll()
      return nil
    }
    figures.daemons = stage.daemons.map(DemoFigures.Daemon.init)
    try measure(&figures)
    figures.phases = phases.phases
    try draw(figures)
    return figures
  }

  private func start() throws -> DemoCast {
    var cast: DemoCast?
    let description = "\(recipe.members.count) hotkeys are registered, the daemons start"
    try phases.measure("subnet", description) { _ in
      let made = try DemoCast(recipe: recipe, stage: stage, caller: caller)
      for daemon in stage.daemons {
        try caller.note(command: daemon.command, inBackground: true)
      }
      try caller.note(
        comment:
          "A block is sealed whenever all daemons wait: genki-validatord chain seal --ledger "
          + stage.ledgerPath)
      try stage.startAll()
      cast = made
      return "\(stage.daemons.count) daemons"
    }
    guard let cast else { throw DemoError.outcome(["the daemons did not start"]) }
    return cast
  }

  // MARK: - Epochs

  /// Incentive and dividends: of the first epoch after both validators' weights were set.
  private func readEpochs(
    _ figures: inout DemoFigures, _ cast: DemoCast, _ sealer: Sealer
  ) throws {
    try phases.measure("epoch", "blocks go on until the ledger has shared out the emission") { _ in
      for index in figures.rounds.indices {
        guard let set = try lastWeightBlock(figures.rounds[index].number, cast) else { continue }
        let epoch = nextEpochBlock(after: set)
        try sealer.run("an epoch ended", cast.stage.daemons.filter(\.isRunning)) {
          try cast.chain.head().number >= epoch
        }
        guard let block = try cast.chain.block(number: epoch) else { continue }
        figures.rounds[index].read(try cast.chain.metagraph(at: block))
      }
      return "block \(try cast.chain.head().number)"
    }
  }

  private func lastWeightBlock(_ round: Int, _ cast: DemoCast) throws -> UInt64? {
    let blocks = try cast.validators.compactMap { validator in
      try validator.call("weights.show", ["limit": 100])["items"]?.arrayValue?
        .filter { $0["round"]?.intValue == round }.compactMap { $0["block"]?.intValue }.min()
    }
    return blocks.max().map { UInt64($0) }
  }

  private func nextEpochBlock(after block: UInt64) -> UInt64 {
    let length = UInt64(stage.settings.tempo) + 1
    let shift = UInt64(stage.settings.netuid) + 1
    return ((block + shift) / length + 1) * length - shift
  }

  // MARK: - Results

  private func measure(_ figures: inout DemoFigures) throws {
    let folders = [recipe.base] + figures.rounds.map(\.damaFolder)
    let texts =
      recipe.texts.map(\.path) == recipe.heldOut
      ? "the held-out files" : "text that decided nothing"
    try phases.measure("evaluate", "base and every Dama on \(texts)") { _ in
      let losses = try models.losses(models: Array(folders.dropFirst()))
      for index in figures.rounds.indices {
        figures.rounds[index].losses = zip(recipe.texts, losses).map { text, values in
          RoundReport.TextLoss(
            text: text.name, base: values[index], dama: values[index + 1],
            isTrainedOn: text.isTrainedOn)
        }
      }
      return nil
    }
    try phases.measure("generate", "what base and Dama write") { _ in
      figures.samples = try folders.map { try models.sample($0) }
      return nil
    }
  }

  private func draw(_ figures: DemoFigures) throws {
    for index in figures.rounds.indices {
      let number = figures.rounds[index].number
      var report = figures.report(index)
      report.links = figures.rounds.map(\.number).filter { $0 != number }.map {
        RoundReport.Link(
          title: "Round \($0)", file: URL(filePath: folder.report(round: $0)).lastPathComponent)
      }
      let page = folder.report(round: number)
      let json = page.prefix(page.count - ".html".count) + ".json"
      try models.draw(report, json: String(json), html: page)
    }
  }
}

extension RoundFigures {
  private static let shareMaximum = 65_535.0

  /// Takes over what an epoch has given to whom.
  mutating func read(_ metagraph: Metagraph) {
    epochBlock = metagraph.block.number
    let neurons = Dictionary(metagraph.neurons.map { ($0.hotkey.description, $0) }) { $1 }
    for index in candidates.indices {
      let neuron = neurons[candidates[index].hotkey]
      candidates[index].incentive = neuron.map { Double($0.incentive) / Self.shareMaximum }
    }
    for index in validators.indices {
      let neuron = neurons[validators[index].hotkey]
      validators[index].dividends = neuron.map { Double($0.dividends) / Self.shareMaximum }
    }
  }
}
