import Foundation
import GenkiChain
import GenkiCore

/// The daemons of some rounds on one stage, and the copiers where they take part.
struct DemoCast {
  /// The two that copy the first miner.
  struct Copiers {
    let copier: StageDaemon
    let insider: Insider
  }

  let recipe: RoundRecipe
  let stage: Stage
  let chain: any StageChain
  let coordinator: StageDaemon
  let verifier: StageDaemon
  /// In the recipe's order.
  let miners: [StageDaemon]
  let copiers: Copiers?
  /// Names by hotkey.
  let names: [String: String]

  var validators: [StageDaemon] { [coordinator, verifier] }
  var allMiners: [StageDaemon] { miners + [copiers?.copier].compactMap(\.self) }

  /// Founds the chain and writes every configuration; nothing is started.
  init(recipe: RoundRecipe, stage: Stage, caller: ProgramCaller) throws {
    self.recipe = recipe
    self.stage = stage
    try caller.note(comment: "The wallets are made from the seed, without a command.")
    try stage.found(
      members: recipe.members, staked: recipe.validators, tao: recipe.stakeTao, caller: caller)
    let chain = try stage.chain()
    self.chain = chain
    let leader = try stage.hotkey(recipe.coordinator).address
    coordinator = try stage.add(recipe.coordinator, .validator) {
      Self.configure(&$0, recipe, leader: leader, isCoordinator: true)
    }
    verifier = try stage.add(recipe.verifier, .validator) {
      Self.configure(&$0, recipe, leader: leader, isCoordinator: false)
    }
    miners = try recipe.miners.map { miner in
      try stage.add(miner.name, .miner) {
        $0.section("round", ["coordinator": .string(leader.description)])
        for set in miner.data {
          $0.element("dataset", ["name": .string(set.name), "path": .string(set.path)])
        }
        $0.section("finetune", miner.finetune.section)
        $0.section("publish", Self.publish(recipe, description: miner.description))
      }
    }
    copiers =
      recipe.hasCopiers ? try Self.addCopiers(recipe, stage, chain: chain, leader: leader) : nil
    names = Dictionary(
      try recipe.members.map { (try stage.hotkey($0).address.description, $0) }
    ) { first, _ in first }
  }

  func hotkey(_ name: String) throws -> SS58Address { try stage.hotkey(name).address }

  private static func addCopiers(
    _ recipe: RoundRecipe, _ stage: Stage, chain: any StageChain, leader: SS58Address
  ) throws -> Copiers {
    let copier = try stage.add(recipe.copier, .miner) {
      $0.section(
        "round", ["coordinator": .string(leader.description), "participate": false])
      $0.section("publish", publish(recipe, description: nil))
    }
    let insider = Insider(
      account: recipe.insider, keypair: try stage.hotkey(recipe.insider), chain: chain,
      hub: stage.hubHandle, coordinator: leader,
      folder: "\(stage.settings.path)/\(recipe.insider)")
    return Copiers(copier: copier, insider: insider)
  }

  private static func configure(
    _ configuration: inout StageConfiguration, _ recipe: RoundRecipe, leader: SS58Address,
    isCoordinator: Bool
  ) {
    configuration.section(
      "round",
      [
        "coordinator": .string(leader.description),
        "base": isCoordinator ? .string(recipe.base) : .null,
        "length_blocks": JSONValue(recipe.lengthBlocks),
        "reveal_blocks": JSONValue(recipe.revealBlocks),
        "evaluation_delay_blocks": JSONValue(recipe.evaluationDelayBlocks),
        "license": JSONValue(recipe.license), "language": JSONValue(recipe.language),
        "publish_bf16": isCoordinator && recipe.publishesBFloat16 ? true : .null,
      ])
    configuration.section(
      "evaluation",
      [
        "data": .array(recipe.heldOut.map { .string($0) }),
        "block_size": JSONValue(recipe.blockSize), "windows_max": JSONValue(recipe.windows),
        "probe_windows": JSONValue(recipe.probeWindows),
      ])
    configuration.section(
      "aggregation",
      [
        "strategy": .string(recipe.strategy),
        "dtype": isCoordinator ? JSONValue(recipe.damaType) : .null,
      ])
  }

  private static func publish(_ recipe: RoundRecipe, description: String?) -> JSONObject {
    [
      "name": .string(RoundRecipe.repositoryName), "license": JSONValue(recipe.license),
      "language": JSONValue(recipe.language), "description": JSONValue(description),
    ]
  }
}
