import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore

/// Plays one round: seals blocks while the daemons do everything else.
struct RoundPlay {
  private static let copierSeconds = 60.0
  /// The parts of a finetune that a progress bar shows.
  private static let parts = 1_000

  let number: Int
  let cast: DemoCast
  let sealer: Sealer
  let phases: PhaseClock

  private var recipe: RoundRecipe { cast.recipe }
  private var isLast: Bool { number == recipe.rounds }

  /// Plays from the announcement until both validators have verified the next base.
  func run() throws -> RoundFigures {
    try open()
    try train()
    let reader = RoundReader(number: number, cast: cast)
    let trainings = try reader.trainings()
    try close()
    try reach("score", "both validators evaluate every candidate by themselves", .scored)
    try reach("weights", "both set their weights on the ledger", .weightsSet)
    if isLast { try sendMinersHome() }
    try merge()
    var figures = try reader.figures()
    figures.trainings = trainings
    return figures
  }

  // MARK: - Phases

  private func phase(
    _ name: String, _ description: String, steps: Int = 1, _ body: (ProgressBar) throws -> String?
  ) throws {
    try phases.measure("\(name) \(number)", description, steps: steps) { bar in
      let result = try body(bar)
      let block = "block \(try cast.chain.head().number)"
      return [result, block].compactMap(\.self).joined(separator: ", ")
    }
  }

  private func seal(
    _ activity: String, beforeSeal: (BlockReference) throws -> Void = { _ in },
    until isReached: () throws -> Bool
  ) throws {
    try sealer.run(
      activity, cast.stage.daemons.filter(\.isRunning), beforeSeal: beforeSeal, until: isReached)
  }

  private func open() throws {
    try phase("open", "the round is announced, everybody fetches its base") { _ in
      let daemons = cast.stage.daemons
      try seal("round \(number) opened") {
        try daemons.allSatisfy { try $0.status()["round"]?["round"]?.intValue == number }
      }
      return nil
    }
    if number > 1 { try submitOldModel() }
  }

  /// The copier's daemon submits what was the first miner's in the round before.
  private func submitOldModel() throws {
    guard let copier = cast.copiers?.copier, let victim = cast.miners.first else { return }
    let jobs = try victim.call("job.list", ["limit": 100])["items"]?.arrayValue ?? []
    guard let job = jobs.first(where: { $0["round"]?.intValue == number - 1 }),
      let model = job["out"]?.stringValue
    else { return }
    let made = try copier.call("submission.publish", ["model": .string(model)])
    try sealer.wait("the copier committed", seconds: Self.copierSeconds) {
      let found = try copier.call("submission.show", ["id": made["id"] ?? 1])
      return !["prepared", "uploaded"].contains(found["state"]?.stringValue ?? "")
    }
  }

  private func train() throws {
    let description = "\(recipe.miners.count) miners finetune, publish in private and commit"
    try phase("train", description, steps: Self.parts * cast.miners.count) { bar in
      try seal("the miners of round \(number) trained") {
        let statuses = try cast.miners.map { try $0.status() }
        bar.update(
          completed: statuses.reduce(0) { $0 + completedParts($1["job"]) },
          note: zip(cast.miners, statuses).compactMap(Self.note).joined(separator: " · "))
        return try zip(cast.miners, statuses).allSatisfy(hasCommitted)
      }
      return nil
    }
  }

  /// How much of a miner's finetune is done, in parts of the whole.
  private func completedParts(_ job: JSONValue?) -> Int {
    guard job?["round"]?.intValue == number, let step = job?["step"]?.intValue,
      let steps = job?["steps"]?.intValue, steps > 0
    else { return 0 }
    return Self.parts * min(step, steps) / steps
  }

  private static func note(_ miner: StageDaemon, _ status: JSONValue) -> String? {
    status["job"]?["loss"]?.doubleValue.map {
      "\(miner.name) \(HumanUnits.decimal($0, places: 2))"
    }
  }

  private func hasCommitted(_ miner: StageDaemon, _ status: JSONValue) throws -> Bool {
    if status["job"]?["round"]?.intValue == number,
      let state = status["job"]?["state"]?.stringValue, ["failed", "cancelled"].contains(state)
    {
      throw DemoError.outcome([
        "\(miner.name)'s finetune \(state): \(status["job"]?["reason"]?.stringValue ?? "")"
      ])
    }
    guard let submission = status["submission"], submission["round"]?.intValue == number,
      let state = submission["state"]?.stringValue
    else { return false }
    if ["superseded", "failed"].contains(state) {
      throw DemoError.outcome([
        "\(miner.name)'s submission is \(state): \(submission["reason"]?.stringValue ?? "")"
      ])
    }
    return ["included", "final", "public", "verified"].contains(state)
  }

  private func close() throws {
    guard let insider = cast.copiers?.insider, let victim = recipe.miners.first else {
      return try reach("close", "the round ends, all submissions are revealed", .fetched)
    }
    var isDone = false
    let description =
      "in the last block an insider commits \(victim.name)'s model with noise "
      + "\(recipe.copierNoise); then all are revealed"
    try phase("close", description) { _ in
      try seal("round \(number) closed") { head in
        guard !isDone, try insider.isLastMoment(UInt64(number), at: head) else { return }
        try insider.submitCopy(
          of: try cast.hotkey(victim.name), round: UInt64(number), noise: recipe.copierNoise,
          seed: recipe.seed)
        isDone = true
      } until: {
        try cast.validators.allSatisfy { try rank($0) >= RoundStage.fetched.rank }
      }
      return nil
    }
  }

  private func reach(_ name: String, _ description: String, _ state: RoundStage) throws {
    try phase(name, description) { _ in
      try seal("round \(number) came to \(state.rawValue)") {
        try cast.validators.allSatisfy { try rank($0) >= state.rank }
      }
      return nil
    }
  }

  /// After the last round nobody trains for another one.
  private func sendMinersHome() throws {
    try seal("the miners of round \(number) checked what they published") {
      try cast.miners.allSatisfy { miner in
        let submission = try miner.status()["submission"]
        return submission?["state"]?.stringValue == "verified"
      }
    }
    for miner in cast.allMiners { miner.terminate() }
    for miner in cast.allMiners { try miner.stop() }
  }

  private func merge() throws {
    try phase("merge", "the coordinator merges what helped, announces it, both verify it") { _ in
      let next: JSONObject = ["round": JSONValue(number + 1)]
      try seal("the Dama of round \(number) was verified") {
        try cast.validators.allSatisfy { try $0.find("round.verify", next) != nil }
      }
      return nil
    }
  }

  private func rank(_ validator: StageDaemon) throws -> Int {
    let found = try validator.find("round.show", ["round": JSONValue(number)])
    return found?["round"]?["state"]?.stringValue.flatMap(RoundStage.init)?.rank ?? -1
  }
}

/// The states of a validator's round in their order, as `round.show` names them.
enum RoundStage: String, CaseIterable {
  case open
  case closed
  case seeded
  case fetched
  case scored
  case weightsSet = "weights_set"
  case aggregated
  case published
  case announced

  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
