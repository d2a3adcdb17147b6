import GenkiCore
import GenkiReport

/// The commands on models that need no daemon: losses and samples at the end.
struct DemoModels {
  private static let miner = StageDaemon.Program.miner.rawValue
  private static let validator = StageDaemon.Program.validator.rawValue

  let recipe: RoundRecipe
  let threads: Int
  let caller: ProgramCaller

  /// The losses of the base and of models in the order of the recipe's texts.
  func losses(models: [String]) throws -> [[Double]] {
    let result = try caller.call(
      Self.validator,
      ["evaluate", "--base", recipe.base] + models.flatMap { ["--model", $0] } + ["--data"]
        + recipe.texts.map(\.path) + [
          "--block-size", "\(recipe.blockSize)", "--max-tokens",
          "\(recipe.blockSize * recipe.windows)", "--seed", "\(recipe.seed)",
          "--threads", "\(threads)",
        ])
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
