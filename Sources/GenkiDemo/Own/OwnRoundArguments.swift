import ArgumentParser
import GenkiConsole

/// The options of a round of one's own; none of them means the demo.
struct OwnRoundArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("The first base: a model folder in Hugging Face layout.", valueName: "dir"))
  var base: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "A miner, the text or JSONL files that it trains on, and how; LoRA unless told.",
      discussion: #"In a path : , = and \ are written \: \, \= and \\."#,
      valueName: "name=file[,file…][:lora|:full]"))
  var miner: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Text or JSONL files that nobody trains on; both validators score by them.",
      valueName: "file"))
  var heldOut: [String] = []

  @Option(help: ArgumentHelp("How many rounds. (default: 2)", valueName: "n"))
  var rounds: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Optimiser steps.", valueName: "n"))
  var steps: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Instead: passes over the data. (default: 1)", valueName: "x"))
  var epochs: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("Windows a batch.", valueName: "n"))
  var batch: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens a window, also of a held-out one. (default: the base's context, at most 256)",
      valueName: "n"))
  var blockSize: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The highest learning rate. (default: 1e-4, with LoRA 2e-4)", valueName: "x"))
  var learningRate: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("LoRA: the change's rank.", valueName: "n"))
  var rank: Int?

  @Option(
    help: ArgumentHelp(
      "How the miners' models are stored. (default: so that nothing is lost)", valueName: "type"))
  var dtype: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Held-out windows of each file. (default: \(OwnRound.windowsDefault))", valueName: "n"))
  var windows: Int?

  @Flag(help: "The demo's two copiers take part, too.")
  var copiers = false

  @Option(
    help: ArgumentHelp(
      "How Damas are stored. (default: as the coordinator's daemon does)",
      valueName: "float32|base"))
  var damaDtype: String?

  @Flag(help: "Each Dama is published in bfloat16, too, for those who only want to use it.")
  var publishBf16 = false

  @Option(help: ArgumentHelp("What base and Damas continue at the end.", valueName: "text"))
  var prompt: String?

  /// The round of one's own that is asked for; nil for the demo.
  ///
  /// - Throws: `UsageError` for what is wrong with the arguments alone.
  func round() throws -> OwnRound? {
    guard let base else {
      if let option = given.first {
        throw UsageError(
          option, "it is of a round of one's own", advice: "name a model with --base")
      }
      return nil
    }
    var round = try OwnRound(base: base, miners: miner, heldOut: heldOut)
    round.rounds = rounds ?? round.rounds
    round.finetune.steps = steps
    round.finetune.epochs = epochs
    round.finetune.batchRows = batch
    round.finetune.learningRate = learningRate
    round.finetune.rank = rank
    round.finetune.storage = dtype
    round.blockSize = blockSize
    round.windows = windows ?? round.windows
    round.hasCopiers = copiers
    round.damaType = damaDtype
    round.publishesBFloat16 = publishBf16
    round.prompt = prompt
    try round.validate()
    return round
  }

  /// The options that are there, but for the base.
  private var given: [String] {
    [
      ("--miner", !miner.isEmpty), ("--held-out", !heldOut.isEmpty), ("--rounds", rounds != nil),
      ("--steps", steps != nil), ("--epochs", epochs != nil), ("--batch", batch != nil),
      ("--block-size", blockSize != nil), ("--learning-rate", learningRate != nil),
      ("--rank", rank != nil), ("--dtype", dtype != nil), ("--windows", windows != nil),
      ("--copiers", copiers), ("--dama-dtype", damaDtype != nil),
      ("--publish-bf16", publishBf16), ("--prompt", prompt != nil),
    ].filter(\.1).map(\.0)
  }
}
