/// The numbers of the demo, in one place: how its base is made, and its rounds.
struct DemoRecipe {
  /// One miner's finetune.
  struct Miner {
    /// The text it has, and its name.
    let text: String
    /// What its model card says of the text.
    let description: String
    let finetune: MinerFinetune
  }

  /// Decides every random choice of the demo.
  var seed: UInt64 = 1
  let vocabularySize = 1024
  let blockSize = 128
  let batchRows = 16
  let baseSteps = 80
  let baseLearningRate = 1e-3
  let windowsPerText = 24
  /// A text of which nobody has any part.
  let strangerText = "devils-dictionary"

  var miners: [Miner] {
    [
      Miner(
        text: "shakespeare", description: "Plays of William Shakespeare, in the public domain.",
        finetune: full),
      Miner(
        text: "jargon", description: "The Jargon File 4.4.7, in the public domain.",
        finetune: full),
      Miner(
        text: "bible",
        description: "The King James Bible, Genesis to 2 Samuel, in the public domain.",
        finetune: adapter),
    ]
  }

  /// All texts, the stranger last.
  var texts: [String] { miners.map(\.text) + [strangerText] }

  private var full: MinerFinetune {
    var finetune = MinerFinetune(.full)
    finetune.steps = 60
    finetune.learningRate = 5e-4
    finetune.batchRows = batchRows
    finetune.blockSize = blockSize
    return finetune
  }

  private var adapter: MinerFinetune {
    var finetune = MinerFinetune(.lora)
    finetune.steps = 120
    finetune.learningRate = 2e-3
    finetune.batchRows = batchRows
    finetune.blockSize = blockSize
    finetune.rank = 8
    // Half the rank: the rate is high for so young a base, and a change of a matrix by more than half
    // its norm is refused by the validator's gate.
    finetune.alpha = 4
    return finetune
  }

  /// The demo's rounds: the miners have one part of each text, the validators another, and base and
  /// Damas are compared on a third.
  func rounds(_ files: DemoFiles) -> RoundRecipe {
    var recipe = RoundRecipe(
      base: files.base,
      miners: miners.map { miner in
        RoundRecipe.Miner(
          name: miner.text, text: miner.text, description: miner.description,
          data: [.init(name: miner.text, path: files.file(of: miner.text, .miner))],
          finetune: miner.finetune)
      }, heldOut: miners.map { files.file(of: $0.text, .validation) },
      texts: texts.map { text in
        RoundRecipe.ComparedText(
          name: text, path: files.file(of: text, .test), isTrainedOn: text != strangerText)
      }, blockSize: blockSize, windows: windowsPerText)
    recipe.seed = seed
    recipe.hasCopiers = true
    recipe.isProven = true
    recipe.license = "cc0-1.0"
    recipe.language = "en"
    recipe.prompt = "The king said"
    return recipe
  }
}
