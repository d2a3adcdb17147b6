import GenkiConsole
import GenkiCore
import GenkiReport

/// The commands on models that need no daemon: the base at the beginning, losses and samples at the
/// end.
struct DemoModels {
  private static let miner = StageDaemon.Program.miner.rawValue
  private static let validator = StageDaemon.Program.validator.rawValue

  let recipe: DemoRecipe
  let files: DemoFiles
  let threads: Int
  let caller: ProgramCaller
  let phases: PhaseClock

  private var threadOptions: [String] { ["--threads", "\(threads)"] }

  // MARK: - The base

  /// Trains the common base on the first parts of the miners' texts.
  func makeBase() throws -> RoundReport.TrainingCurve {
    let data = recipe.miners.map { files.file(of: $0.text, .base) }
    try phases.measure("tokenizer", "\(recipe.vocabularySize) tokens of the base's texts") { _ in
      try caller.call(
        Self.miner,
        ["train-tokenizer", "--data"] + data + [
          "--vocab-size", "\(recipe.vocabularySize)", "--out", files.tokenizer,
        ])
      return nil
    }
    var curve = RoundReport.TrainingCurve(
      name: "base", isBase: true,
      recipe: "\(recipe.baseSteps) steps at \(recipe.baseLearningRate)", steps: [], losses: [])
    let description = "GPT-Neo from scratch, \(recipe.baseSteps) steps on the first parts"
    try phases.measure("base", description, steps: recipe.baseSteps) { bar in
      try caller.call(
        Self.miner,
        [
          "init-model", "--config", files.configuration, "--tokenizer", files.tokenizer, "--out",
          files.fresh, "--seed", "\(recipe.seed)",
        ])
      let options =
        ["finetune", "--base", files.fresh, "--data"] + data + [
          "--out", files.base, "--steps", "\(recipe.baseSteps)", "--learning-rate",
          "\(recipe.baseLearningRate)", "--batch", "\(recipe.batchRows)", "--block-size",
          "\(recipe.blockSize)", "--seed", "\(recipe.seed)",
        ]
      try caller.call(Self.miner, options + threadOptions) { event in
        guard event["event"]?.stringValue == "step", let step = event["step"]?.intValue,
          let loss = event["loss"]?.doubleValue
        else { return }
        curve.steps.append(step)
        curve.losses.append(loss)
        bar.update(completed: step, note: "loss \(HumanUnits.decimal(loss, places: 3))")
      }
      return curve.summary
    }
    return curve
  }

  // MARK: - Losses and samples

  /// The losses of models on text that decided nothing, in the order of the recipe's texts.
  func losses(base: String, models: [String]) throws -> [[Double]] {
    let result = try caller.call(
      Self.validator,
      ["evaluate", "--base", base] + models.flatMap { ["--model", $0] } + ["--data"]
        + recipe.texts.map { files.file(of: $0, .test) } + [
          "--block-size", "\(recipe.blockSize)", "--max-tokens",
          "\(recipe.blockSize * recipe.windowsPerText)", "--seed", "\(recipe.seed)",
        ] + threadOptions)
    let sets = result["datasets"]?.arrayValue ?? []
    guard sets.count == recipe.texts.count else {
      throw DemoError.unexpectedOutput(command: "evaluate", problem: "no losses")
    }
    return try sets.map { set in
      let values =
        [set["base_loss"]?.doubleValue]
        + (set["models"]?.arrayValue ?? []).map { $0["loss"]?.doubleValue }
      guard values.count == models.count + 1, values.allSatisfy({ $0 != nil }) else {
        throw DemoError.unexpectedOutput(command: "evaluate", problem: "losses are missing")
      }
      return values.compactMap(\.self)
    }
  }

  /// What a model writes.
  func sample(_ model: String) throws -> String {
    let result = try caller.call(
      Self.miner,
      [
        "generate", "--model", model, "--prompt", recipe.prompt, "--max-tokens",
        "\(recipe.sampleTokens)", "--temperature", "0.7", "--top-k", "40", "--seed",
        "\(recipe.seed)",
      ])
    guard let text = result["text"]?.stringValue else {
      throw DemoError.unexpectedOutput(command: "generate", problem: "no text")
    }
    return text
  }

  /// Draws a page.
  func draw(_ report: RoundReport, json: String, html: String) throws {
    try AtomicFile.write(report.json.encoded(pretty: true) + "\n", to: json)
    try caller.call(Self.validator, ["report", "--round", json, "--html", html])
  }
}

extension RoundReport.TrainingCurve {
  /// First and last loss of a run.
  var summary: String? {
    guard let first = losses.first, let last = losses.last else { return nil }
    return
      "loss \(HumanUnits.decimal(first, places: 2)) → \(HumanUnits.decimal(last, places: 2))"
  }
}
