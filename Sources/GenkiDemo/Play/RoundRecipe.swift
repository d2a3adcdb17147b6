import GenkiCore

/// Everything that decides rounds on a stage: the base, who trains on what, what is held out.
struct RoundRecipe {
  /// A data file as a miner registers it.
  struct DataSet {
    let name: String
    let path: String
  }

  /// An honest miner.
  struct Miner {
    let name: String
    /// What it trains on, as tables and reports show it.
    let text: String
    /// What its model card says of the data.
    var description: String?
    let data: [DataSet]
    let finetune: MinerFinetune
  }

  /// A text on which base and Damas are compared when everything is decided.
  struct ComparedText {
    let name: String
    let path: String
    /// False where it is known that nobody trained on anything like it.
    var isTrainedOn = true
  }

  /// Decides every random choice.
  var seed: UInt64 = 1
  var rounds = 2
  /// The folder of the first base.
  let base: String
  let miners: [Miner]
  /// The held-out files of both validators.
  let heldOut: [String]
  let texts: [ComparedText]
  /// Tokens of a held-out window.
  let blockSize: Int
  /// Held-out windows of each file.
  let windows: Int
  /// Windows of each file on which predictions are compared.
  var probeWindows: Int { min(windows, Self.probeWindowsMaximum) }
  /// Whether an insider and a copier take part.
  var hasCopiers = false
  /// The insider copies the first miner's model and adds noise of this share of its change.
  var copierNoise = 0.01
  /// Whether every miner is known to help in the first round, so that it is an error if one does not.
  var isProven = false
  var strategy = "weighted-mean"
  /// How Damas are stored; nil leaves it to the coordinator's daemon.
  var damaType: String?
  /// Whether each Dama is published in bfloat16, too.
  var publishesBFloat16 = false
  /// What the models' cards say.
  var license: String?
  var language: String?
  var prompt = "Once upon a time"
  var sampleTokens = 80
  /// The longest time in which daemons may work without a block.
  var workSecondsMaximum = 600.0

  /// More windows tell copies from others no better.
  static let probeWindowsMaximum = 24

  // MARK: The subnet

  static let coordinatorName = "coordinator"
  static let verifierName = "verifier"
  static let copierName = "copier"
  static let insiderName = "insider"

  let coordinator = Self.coordinatorName
  /// Scores by itself and verifies each Dama.
  let verifier = Self.verifierName
  /// A miner's daemon that submits what was another's in the round before.
  let copier = Self.copierName
  /// A copier that reads private repositories.
  let insider = Self.insiderName
  let lengthBlocks = 12
  let revealBlocks = 4
  let evaluationDelayBlocks = 2
  let tempo: UInt16 = 20
  let stakeTao = 100
  /// Repositories of submissions are called by this name and the round.
  static let repositoryName = "model"

  var validators: [String] { [coordinator, verifier] }
  /// Every hotkey, in the order of registration.
  var members: [String] {
    validators + miners.map(\.name) + (hasCopiers ? [copier, insider] : [])
  }

  /// The miner of a name.
  func miner(_ name: String) -> Miner? { miners.first { $0.name == name } }
}

extension JSONValue {
  /// A number, or null.
  init(_ value: Int?) { self = value.map { JSONValue($0) } ?? .null }

  /// A number, or null.
  init(_ value: Double?) { self = value.map { .number($0) } ?? .null }
}
