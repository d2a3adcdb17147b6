/// The numbers of the demo's rounds, in one place.
struct DemoRecipe {
  /// One miner's finetune.
  struct Miner {
    /// The text it has, and its name.
    let text: String
    /// What its model card says of the text.
    let description: String
    /// `full` or `lora`.
    let method: String
    let steps: Int
    let learningRate: Double
  }

  /// Decides every random choice of the demo.
  var seed: UInt64 = 1
  let vocabularySize = 1024
  let blockSize = 128
  let batchRows = 16
  let baseSteps = 80
  let baseLearningRate = 1e-3
  let loraRank = 8
  /// Half the rank: the miner's rate is high for so young a base, and a change of a matrix by more
  /// than half its norm is refused by the validator's gate.
  let loraAlpha = 4
  let miners = [
    Miner(
      text: "shakespeare", description: "Plays of William Shakespeare, in the public domain.",
      method: "full", steps: 60, learningRate: 5e-4),
    Miner(
      text: "jargon", description: "The Jargon File 4.4.7, in the public domain.",
      method: "full", steps: 60, learningRate: 5e-4),
    Miner(
      text: "bible",
      description: "The King James Bible, Genesis to 2 Samuel, in the public domain.",
      method: "lora", steps: 120, learningRate: 2e-3),
  ]
  /// What the models' cards say.
  let license = "cc0-1.0"
  let language = "en"
  /// A text of which nobody has any part.
  let strangerText = "devils-dictionary"
  /// The insider copies the first miner's model and adds noise of this share of its change.
  let copierNoise = 0.01
  /// Held-out windows of each text.
  let windowsPerText = 24
  let strategy = "weighted-mean"
  let prompt = "The king said"
  let sampleTokens = 80

  // MARK: The subnet

  let coordinator = "coordinator"
  /// Scores by itself and verifies each Dama.
  let verifier = "verifier"
  /// A miner's daemon that submits what was another's in the round before.
  let copier = "copier"
  /// A copier that reads private repositories.
  let insider = "insider"
  let rounds = 2
  let lengthBlocks = 12
  let revealBlocks = 4
  let evaluationDelayBlocks = 2
  let tempo: UInt16 = 20
  let stakeTao = 100

  /// All texts, the stranger last.
  var texts: [String] { miners.map(\.text) + [strangerText] }
  var validators: [String] { [coordinator, verifier] }
  /// Every hotkey, in the order of registration.
  var members: [String] { validators + miners.map(\.text) + [copier, insider] }
}
