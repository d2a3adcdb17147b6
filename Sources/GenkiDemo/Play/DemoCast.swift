import Foundation
import GenkiChain
import GenkiCore

/// The demo's daemons and the insider, on one stage.
struct DemoCast {
  let recipe: DemoRecipe
  let stage: Stage
  let chain: any StageChain
  let coordinator: StageDaemon
  let verifier: StageDaemon
  /// In the recipe's order.
  let miners: [StageDaemon]
  let copier: StageDaemon
  let insider: Insider
  /// Names by hotkey.
  let names: [String: String]

  var validators: [StageDaemon] { [coordinator, verifier] }
  var allMiners: [StageDaemon] { miners + [copier] }

  /// Founds the chain and writes every configuration; nothing is started.
  init(recipe: DemoRecipe, files: DemoFiles, stage: Stage, caller: ProgramCaller) throws {
    self.recipe = recipe
    self.stage = stage
    try caller.note(comment: "The wallets are made from the seed, without a command.")
    try stage.found(
      members: recipe.members, staked: recipe.validators, tao: recipe.stakeTao, caller: caller)
    chain = try stage.chain()
    let leader = try stage.hotkey(recipe.coordinator).address
    let validation = recipe.miners.map { files.file(of: $0.text, .validation) }
    func validator(_ name: String) throws -> StageDaemon {
      try stage.add(name, .validator) {
        Self.configure(
          &$0, recipe: recipe, leader: leader, base: name == recipe.coordinator ? files.base : nil,
          validation: validation)
      }
    }
    coordinator = try validator(recipe.coordinator)
    verifier = try validator(recipe.verifier)
    miners = try recipe.miners.map { miner in
      try stage.add(miner.text, .miner) {
        $0.section("round", ["coordinator": .string(leader.description)])
        $0.element(
          "dataset",
          ["name": .string(miner.text), "path": .string(files.file(of: miner.text, .miner))])
        $0.section("finetune", Self.finetune(miner, recipe))
        $0.section("publish", Self.publish(recipe, description: miner.description))
      }
    }
    copier = try stage.add(recipe.copier, .miner) {
      $0.section(
        "round", ["coordinator": .string(leader.description), "participate": false])
      $0.section("publish", Self.publish(recipe, description: nil))
    }
    insider = Insider(
      account: recipe.insider, keypair: try stage.hotkey(recipe.insider), chain: chain,
      hub: stage.hubHandle, coordinator: leader,
      folder: "\(stage.settings.path)/\(recipe.insider)")
    names = Dictionary(
      try recipe.members.map { (try stage.hotkey($0).address.description, $0) }
    ) { first, _ in first }
  }

  func hotkey(_ name: String) throws -> SS58Address { try stage.hotkey(name).address }

  private static func configure(
    _ configuration: inout StageConfiguration, recipe: DemoRecipe, leader: SS58Address,
    base: String?, validation: [String]
  ) {
    configuration.section(
      "round",
      [
        "coordinator": .string(leader.description), "base": JSONValue(base),
        "length_blocks": JSONValue(recipe.lengthBlocks),
        "reveal_blocks": JSONValue(recipe.revealBlocks),
        "evaluation_delay_blocks": JSONValue(recipe.evaluationDelayBlocks),
        "license": .string(recipe.license), "language": .string(recipe.language),
      ])
    configuration.section(
      "evaluation",
      [
        "data": .array(validation.map { .string($0) }), "block_size": JSONValue(recipe.blockSize),
        "windows_max": JSONValue(recipe.windowsPerText),
      ])
    configuration.section("aggregation", ["strategy": .string(recipe.strategy)])
  }

  private static func publish(_ recipe: DemoRecipe, description: String?) -> JSONObject {
    [
      "name": "model", "license": .string(recipe.license), "language": .string(recipe.language),
      "description": JSONValue(description),
    ]
  }

  private static func finetune(_ miner: DemoRecipe.Miner, _ recipe: DemoRecipe) -> JSONObject {
    let isAdapter = miner.method == "lora"
    return [
      "method": .string(miner.method), "steps": JSONValue(miner.steps),
      "learning_rate": .number(miner.learningRate), "batch": JSONValue(recipe.batchRows),
      "block_size": JSONValue(recipe.blockSize),
      "rank": isAdapter ? JSONValue(recipe.loraRank) : .null,
      "alpha": isAdapter ? .number(Double(recipe.loraAlpha)) : .null,
    ]
  }
}
