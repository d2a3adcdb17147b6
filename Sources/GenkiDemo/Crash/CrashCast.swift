import Foundation
import GenkiChain
import GenkiCore

/// The daemons of a round that is disturbed: coordinator, second validator, three honest miners.
package struct CrashCast {
  let recipe: CrashRecipe
  package let stage: Stage
  package let chain: any StageChain
  package let coordinator: StageDaemon
  let verifier: StageDaemon
  package let miners: [StageDaemon]
  /// Names by hotkey.
  let names: [String: String]

  var validators: [StageDaemon] { [coordinator, verifier] }

  /// Founds the ledger and writes every configuration; nothing is started.
  package init(_ recipe: CrashRecipe, files: CrashFiles, stage: Stage) throws {
    self.recipe = recipe
    self.stage = stage
    try stage.found(
      members: recipe.members, staked: recipe.validators, tao: recipe.stakeTao)
    chain = try stage.chain()
    let leader = try stage.hotkey(recipe.coordinator).address.description
    let validation = recipe.miners.map { JSONValue.string(files.file(of: $0, .validation)) }
    func validator(_ name: String, base: String?) throws -> StageDaemon {
      try stage.add(name, .validator) {
        $0.section(
          "round",
          [
            "coordinator": .string(leader), "base": JSONValue(base),
            "length_blocks": JSONValue(recipe.lengthBlocks),
            "reveal_blocks": JSONValue(recipe.revealBlocks),
            "evaluation_delay_blocks": JSONValue(recipe.evaluationDelayBlocks),
          ])
        $0.section(
          "evaluation",
          [
            "data": .array(validation), "block_size": JSONValue(recipe.blockSize),
            "windows_max": JSONValue(recipe.windowsPerText),
          ])
        $0.section("aggregation", ["strategy": "weighted-mean"])
      }
    }
    coordinator = try validator(recipe.coordinator, base: files.base)
    verifier = try validator(recipe.verifier, base: nil)
    miners = try recipe.miners.map { miner in
      try stage.add(miner, .miner) {
        $0.section("round", ["coordinator": .string(leader)])
        $0.element(
          "dataset", ["name": .string(miner), "path": .string(files.file(of: miner, .miner))])
        $0.section(
          "finetune",
          [
            "method": "full", "steps": JSONValue(recipe.minerSteps),
            "learning_rate": .number(recipe.minerLearningRate),
            "batch": JSONValue(recipe.batchRows), "block_size": JSONValue(recipe.blockSize),
            "checkpoint_every": JSONValue(recipe.checkpointSteps),
          ])
        $0.section("publish", ["name": "model"])
      }
    }
    names = Dictionary(
      try recipe.members.map { (try stage.hotkey($0).address.description, $0) }
    ) { first, _ in first }
  }
}
