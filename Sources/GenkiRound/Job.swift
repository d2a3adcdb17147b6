import GenkiCore

/// A finetune: what it trains on, how far it is, and what may happen to it next.
///
/// A value: events go in, nothing else happens. The store keeps it after every event.
public struct Job: Codable, Sendable, Hashable {
  /// How far a job is.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// It waits for its turn.
    case queued
    /// Base and data are loaded and checked.
    case preparing
    /// Steps are taken.
    case training
    /// The finished model is evaluated.
    case evaluating
    /// The model is complete.
    case done
    /// It cannot go on; the reason says why.
    case failed
    /// The operator stopped it.
    case cancelled

    /// Whether nothing more will happen by itself.
    public var isEnded: Bool { self == .done || self == .failed || self == .cancelled }
  }

  /// What happens to a job.
  public enum Event: Sendable, Hashable {
    /// Its turn has come, or it goes on after a restart.
    case began
    /// Everything is loaded; training goes from here.
    case planned(steps: Int, completed: Int)
    /// A step was done.
    case stepped(step: Int, loss: Double)
    /// All steps are done.
    case trained
    /// The model is complete.
    case finished(Result)
    /// It failed for good.
    case failed(reason: String)
    /// The daemon ends; the job goes on after the next start.
    case interrupted
    /// The operator stopped it.
    case cancelled
    /// The operator wants a failed or cancelled job to go on.
    case resumed
  }

  /// What a complete job has made.
  public struct Result: Codable, Sendable, Hashable {
    /// SHA-256 of the weights.
    public var sha256: ContentDigest
    /// The content hash of the model's folder.
    public var contentHash: ContentDigest
    /// Mean loss of the last steps, nats per token.
    public var trainLoss: Double?
    /// Loss on the held-out windows.
    public var evalLoss: Double?
    /// The base's loss on the same windows.
    public var baseEvalLoss: Double?

    /// What a complete job has made; see the properties.
    public init(
      sha256: ContentDigest, contentHash: ContentDigest, trainLoss: Double?, evalLoss: Double?,
      baseEvalLoss: Double?
    ) {
      self.sha256 = sha256
      self.contentHash = contentHash
      self.trainLoss = trainLoss
      self.evalLoss = evalLoss
      self.baseEvalLoss = baseEvalLoss
    }
  }

  /// Counted from 1; nil until the store has given it.
  public var id: Int64?
  /// The round whose base it trains; nil for a job of the operator's own.
  public var round: UInt64?
  /// The base's folder.
  public var base: String
  /// Names of data sets.
  public var datasets: [String]
  /// Settings that differ from the configuration, as the RPC takes them.
  public var options: [String: String]
  /// Decides every random choice.
  public var seed: UInt64
  /// The folder that receives the model.
  public var out: String
  /// How far it is.
  public var state: State
  /// Steps done.
  public var step: Int
  /// Steps in all; 0 until it is planned.
  public var steps: Int
  /// The last step's loss.
  public var loss: Double?
  /// Why it failed.
  public var reason: String?
  /// What it has made.
  public var result: Result?

  /// A job that waits for its turn.
  public init(
    round: UInt64?, base: String, datasets: [String], options: [String: String] = [:],
    seed: UInt64, out: String
  ) {
    self.round = round
    self.base = base
    self.datasets = datasets
    self.options = options
    self.seed = seed
    self.out = out
    state = .queued
    step = 0
    steps = 0
  }

  /// Takes an event.
  ///
  /// - Throws: `RoundError.unexpectedEvent` where the state has no place for it; nothing changes then.
  public mutating func apply(_ event: Event) throws {
    switch (state, event) {
    case (.queued, .began), (.preparing, .began), (.training, .began), (.evaluating, .began):
      state = .preparing
    case (.preparing, .planned(let steps, let completed)):
      state = .training
      self.steps = steps
      step = completed
    case (.training, .stepped(let step, let loss)):
      self.step = step
      self.loss = loss.isFinite ? loss : nil
    case (.training, .trained): state = .evaluating
    case (.preparing, .finished(let result)), (.training, .finished(let result)),
      (.evaluating, .finished(let result)):
      state = .done
      self.result = result
      step = steps
      reason = nil
    case (_, .failed(let reason)) where !state.isEnded:
      state = .failed
      self.reason = reason
    case (_, .cancelled) where !state.isEnded: state = .cancelled
    case (_, .interrupted) where !state.isEnded: state = .queued
    case (.failed, .resumed), (.cancelled, .resumed):
      state = .queued
      reason = nil
    default:
      throw RoundError.unexpectedEvent(
        subject: "job \(id ?? 0)", state: state.rawValue, event: "\(event)")
    }
  }
}
