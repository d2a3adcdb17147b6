import GenkiConsole
import GenkiCore
import GenkiReport

/// Makes the demo's base: a tokenizer and a small model, trained on the first parts of the texts.
struct DemoBase {
  private static let miner = StageDaemon.Program.miner.rawValue

  let recipe: DemoRecipe
  let files: DemoFiles
  let threads: Int
  let caller: ProgramCaller
  let phases: PhaseClock

  /// Cuts the texts and trains the common base on the first parts of the miners'.
  func make() throws -> RoundReport.TrainingCurve {
    try files.cutTexts()
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
          "\(recipe.blockSize)", "--seed", "\(recipe.seed)", "--threads", "\(threads)",
        ]
      try caller.call(Self.miner, options) { event in
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
}

extension RoundReport.TrainingCurve {
  /// First and last loss of a run.
  var summary: String? {
    guard let first = losses.first, let last = losses.last else { return nil }
    return
      "loss \(HumanUnits.decimal(first, places: 2)) → \(HumanUnits.decimal(last, places: 2))"
  }
}
