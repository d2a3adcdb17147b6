import GenkiCore
import GenkiFormats

/// One thing that is measured: a model and what is done with it.
package struct Workload: Sendable, Equatable {
  /// What one step is.
  package enum Task: Sendable, Equatable {
    /// One optimiser step over `rows` windows of `blockSize` tokens, of all weights or of an adapter.
    case training(rows: Int, blockSize: Int, adapter: AdapterShape?)
    /// The losses of `rows` windows of `blockSize` tokens.
    case evaluation(rows: Int, blockSize: Int)
    /// `newTokens` greedy tokens after a prompt of `promptTokens`, with matrices stored as `stored`.
    case decoding(promptTokens: Int, newTokens: Int, stored: TensorType = .F32)
    /// The score-weighted mean of `models` models with bounded norms, into memory.
    case aggregation(models: Int, weights: Int)
    /// The losses of `rows` windows with each of `adapters` adapters on one base: in one session, or each
    /// in a session of its own.
    case adapters(adapters: Int, rows: Int, blockSize: Int, together: Bool)
    /// The ids of a text of `bytes` bytes, by a tokenizer that has just been loaded.
    case tokenization(bytes: Int)
  }

  /// A LoRA adapter.
  package struct AdapterShape: Sendable, Equatable {
    package let rank: Int
    package let alpha: Double
    package let modules: [String]

    package init(rank: Int, alpha: Double, modules: [String]) {
      self.rank = rank
      self.alpha = alpha
      self.modules = modules
    }
  }

  /// Its name on the command line.
  package let name: String
  /// The model; nil where there is none.
  package let shape: ModelShape?
  /// What is done with it.
  package let task: Task
  /// The number of threads if the workload is about it; else the command line's.
  package let threads: Int?
  /// What it is to reach beside each PyTorch, if anything.
  package let goals: [Goal]

  package init(
    _ name: String, _ shape: ModelShape?, _ task: Task, threads: Int? = nil, goals: [Goal] = []
  ) {
    self.name = name
    self.shape = shape
    self.task = task
    self.threads = threads
    self.goals = goals
  }

  /// The tokens that a step's speed is counted in: those that go through, or the new ones.
  package var tokensPerStep: Int {
    switch task {
    case .training(let rows, let blockSize, _), .evaluation(let rows, let blockSize):
      rows * blockSize
    case .decoding(_, let newTokens, _): newTokens
    case .aggregation(let models, let weights): models * weights
    case .adapters(let adapters, let rows, let blockSize, _): adapters * rows * blockSize
    case .tokenization(let bytes): bytes
    }
  }

  /// A sentence for `list`.
  package var summary: String {
    let model = shape.map { "\($0.name), " } ?? ""
    return model + taskSummary
  }

  private var taskSummary: String {
    switch task {
    case .training(let rows, let blockSize, let adapter):
      "\(rows) windows of \(blockSize), "
        + (adapter.map { "LoRA of rank \($0.rank)" } ?? "all weights")
    case .evaluation(let rows, let blockSize):
      "losses of \(rows) windows of \(blockSize)"
    case .decoding(let prompt, let new, let stored):
      "\(new) greedy tokens after \(prompt), \(stored.configurationName) weights"
    case .aggregation(let models, _):
      "weighted mean of \(models) models beside numpy's; weights for tokens"
    case .adapters(let adapters, let rows, let blockSize, let together):
      "losses of \(rows) windows of \(blockSize) with each of \(adapters) adapters, "
        + (together ? "in one session" : "each in a session of its own")
    case .tokenization(let bytes):
      "ids of a text of \(bytes) bytes beside Hugging Face's tokenizers; bytes for tokens"
    }
  }
}
