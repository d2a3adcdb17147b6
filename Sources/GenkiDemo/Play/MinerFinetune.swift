import GenkiCore
import GenkiTrain

/// How a miner on a stage trains; what is nil is left to the daemon.
package struct MinerFinetune: Equatable, Sendable {
  /// All weights, or an adapter.
  package var method: FinetuneOptions.Method
  package var steps: Int?
  package var epochs: Double?
  package var learningRate: Double?
  package var batchRows: Int?
  package var blockSize: Int?
  /// LoRA: the rank.
  package var rank: Int?
  /// LoRA: alpha.
  package var alpha: Double?
  /// How the model is stored.
  package var storage: String?

  /// A finetune with the daemon's settings.
  package init(_ method: FinetuneOptions.Method) { self.method = method }

  /// The rank that counts; nil for a full finetune.
  private var effectiveRank: Int? {
    method == .lora ? rank ?? FinetuneOptions.defaultRank : nil
  }

  /// What is trained, in a word: `full`, `LoRA r=8`.
  var title: String { effectiveRank.map { "LoRA r=\($0)" } ?? "full" }

  /// What is done: `LoRA r=8, 60 steps at 0.0005`.
  var summary: String {
    let length = steps.map { "\($0) steps" } ?? "\(epochs ?? 1) epochs"
    return "\(title), \(length)" + (learningRate.map { " at \($0)" } ?? "")
  }

  /// `[finetune]` of the daemon's configuration.
  var section: JSONObject {
    [
      "method": .string(method.rawValue), "steps": JSONValue(steps),
      "epochs": JSONValue(epochs), "learning_rate": JSONValue(learningRate),
      "batch": JSONValue(batchRows), "block_size": JSONValue(blockSize),
      "rank": method == .lora ? JSONValue(rank) : .null,
      "alpha": method == .lora ? JSONValue(alpha) : .null, "dtype": JSONValue(storage),
    ]
  }

  /// The options of the same finetune, for planning it.
  func options(base: String, data: [String], threads: Int) -> FinetuneOptions {
    var options = FinetuneOptions(base: base, data: data, out: "")
    options.method = method
    options.rank = rank ?? options.rank
    options.alpha = alpha
    if let steps { options.length = .steps(steps) }
    if let epochs { options.length = .epochs(epochs) }
    options.learningRate = learningRate
    options.batchRows = batchRows ?? options.batchRows
    options.blockSize = blockSize
    options.threads = threads
    // What a daemon takes unless it is told.
    options.compute = .auto
    return options
  }
}
