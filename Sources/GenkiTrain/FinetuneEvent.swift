import GenkiCore
import GenkiData
import GenkiTensor

/// What a running finetune tells, in the order in which it happens.
public enum FinetuneEvent: Sendable {
  /// Everything is loaded and fits; training begins or goes on.
  case start(FinetunePlan)
  /// An optimiser step was done.
  case step(FinetuneStep)
  /// The held-out windows were evaluated after `step` steps.
  case evaluation(step: Int, loss: Double)
  /// The state after `step` steps is safely on disk.
  case checkpoint(step: Int, path: String)
  /// The model is complete.
  case done(FinetuneSummary)

  /// The event as `--json` shows it.
  public var json: JSONValue {
    switch self {
    case .start(let plan): plan.json
    case .step(let step): step.json
    case .evaluation(let step, let loss):
      .object(["event": "eval", "step": JSONValue(step), "loss": .number(loss)])
    case .checkpoint(let step, let path):
      .object(["event": "checkpoint", "step": JSONValue(step), "path": .string(path)])
    case .done(let summary): summary.json
    }
  }
}

/// What a run is going to do.
public struct FinetunePlan: Sendable {
  /// The settings, as the run's record keeps them.
  public let settings: FinetuneSettings
  /// The base's folder, as given.
  public let base: String
  /// The output's folder, as given.
  public let out: String
  /// What the data files hold, and what of them is not used.
  public let data: DataReport
  /// All weights of the model.
  public let parameters: Int
  /// The weights that change.
  public let trainableParameters: Int
  /// All steps of the run.
  public let steps: Int
  /// The steps that an earlier process has done.
  public let completedSteps: Int
  /// Tokens a step.
  public let tokensPerStep: Int
  /// Windows to train on.
  public let trainingWindows: Int
  /// Windows held out.
  public let validationWindows: Int
  /// Worker threads.
  public let threads: Int
  /// The threads of the process that began the run, if they differ: the result may differ then.
  public let begunWithThreads: Int?
  /// The precision of matrix products, float32 or bf16.
  public let compute: ComputePrecision
  /// The precision that an earlier process has used, if it differs: the result differs then.
  public let begunWithCompute: ComputePrecision?
  /// The memory that the run takes.
  public let plannedBytes: Int
  /// The memory that there is.
  public let availableBytes: Int?

  /// The event as `--json` shows it.
  public var json: JSONValue {
    .object([
      "event": "start", "base": .string(base), "out": .string(out), "steps": JSONValue(steps),
      "completed_steps": JSONValue(completedSteps), "resumed": .bool(completedSteps > 0),
      "parameters": JSONValue(parameters), "trainable_parameters": JSONValue(trainableParameters),
      "tokens_per_step": JSONValue(tokensPerStep), "train_windows": JSONValue(trainingWindows),
      "eval_windows": JSONValue(validationWindows), "threads": JSONValue(threads),
      "compute": .string(compute.rawValue),
      "begun_with_threads": begunWithThreads.map { JSONValue($0) } ?? .null,
      "begun_with_compute": JSONValue(begunWithCompute?.rawValue),
      "memory_planned_bytes": JSONValue(plannedBytes),
      "memory_available_bytes": availableBytes.map { JSONValue($0) } ?? .null,
      "data": data.json, "settings": .object(settings.values),
    ])
  }
}

/// What one step did.
public struct FinetuneStep: Sendable {
  /// The step's number, counted from 1.
  public let step: Int
  /// All steps of the run.
  public let steps: Int
  /// The mean loss before the update, nats per token.
  public let loss: Double
  /// The gradient's norm before clipping.
  public let gradientNorm: Double
  /// The rate that was used.
  public let learningRate: Double
  /// Tokens of this step.
  public let tokens: Int
  /// Speed of this step.
  public let tokensPerSecond: Double

  /// The event as `--json` shows it.
  public var json: JSONValue {
    .object([
      "event": "step", "step": JSONValue(step), "loss": .number(loss),
      "grad_norm": .number(gradientNorm), "learning_rate": .number(learningRate),
      "tokens": JSONValue(tokens), "tokens_per_second": .number(tokensPerSecond),
    ])
  }
}

/// What a complete run has made.
public struct FinetuneSummary: Sendable, Equatable {
  /// All steps.
  public let steps: Int
  /// Mean of the last ten steps' losses.
  public let trainLoss: Double?
  /// Loss on the held-out windows at the end; nil if none were held out.
  public let evaluationLoss: Double?
  /// The base's loss on the same windows.
  public let baseEvaluationLoss: Double?
  /// The output's folder.
  public internal(set) var out: String
  /// The content digest of the output's weights.
  public let digest: String

  /// The event as `--json` shows it.
  public var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    return .object([
      "event": "done", "steps": JSONValue(steps), "train_loss": number(trainLoss),
      "eval_loss": number(evaluationLoss), "base_eval_loss": number(baseEvaluationLoss),
      "out": .string(out), "sha256": .string(digest),
    ])
  }
}
