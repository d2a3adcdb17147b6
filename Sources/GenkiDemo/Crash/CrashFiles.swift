import Foundation
import GenkiCore

/// The texts and the base that every round of a crash test shares.
package struct CrashFiles {
  private static let miner = StageDaemon.Program.miner.rawValue

  let recipe: CrashRecipe
  let folder: String

  package init(recipe: CrashRecipe, folder: String) {
    self.recipe = recipe
    self.folder = folder
  }

  var base: String { "\(folder)/base" }

  func file(of miner: String, _ part: TextParts.Part) -> String {
    "\(folder)/\(miner)-\(part.rawValue).txt"
  }

  /// Writes the texts and trains the base.
  package func make(_ caller: ProgramCaller) throws {
    for miner in recipe.miners {
      let parts = TextParts(Array(recipe.text(of: miner).utf8))
      for part in TextParts.Part.allCases {
        try AtomicFile.write(parts[part], to: file(of: miner, part))
      }
    }
    let data = recipe.miners.map { file(of: $0, .base) }
    let (tokenizer, fresh) = ("\(folder)/tokenizer.json", "\(folder)/fresh")
    let configuration = "\(folder)/config.json"
    try AtomicFile.write(JSONValue.object(recipe.model).encoded(pretty: true), to: configuration)
    try caller.call(
      Self.miner,
      ["train-tokenizer", "--data"] + data + [
        "--vocab-size", "\(recipe.vocabularySize)", "--out", tokenizer,
      ])
    try caller.call(
      Self.miner,
      [
        "init-model", "--config", configuration, "--tokenizer", tokenizer, "--out", fresh,
        "--seed", "\(recipe.seed)",
      ])
    try caller.call(
      Self.miner,
      ["finetune", "--base", fresh, "--data"] + data + [
        "--out", base, "--steps", "\(recipe.baseSteps)", "--learning-rate",
        "\(recipe.baseLearningRate)", "--batch", "\(recipe.batchRows)", "--block-size",
        "\(recipe.blockSize)", "--seed", "\(recipe.seed)", "--threads", "1",
      ])
  }
}
