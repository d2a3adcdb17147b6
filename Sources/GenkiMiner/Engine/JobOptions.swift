import GenkiCore
import GenkiService
import GenkiTensor
import GenkiTrain

/// A job's settings: those of the configuration, and those that `job.submit` gives instead.
public enum JobOptions {
  /// The names that a job may give.
  public static let names = [
    "method", "adapter", "rank", "alpha", "target_modules", "steps", "epochs", "batch",
    "gradient_accumulation", "block_size", "learning_rate", "schedule", "warmup_steps",
    "weight_decay", "clip_norm", "checkpoint_every", "dtype", "compute",
  ]

  /// The options of a finetune.
  ///
  /// - Throws: `JobOptionError` naming a setting that is not one or has no such value.
  public static func options(
    _ settings: MinerConfiguration.Finetune, overrides: [String: String], base: String,
    data: [String], out: String
  ) throws -> FinetuneOptions {
    var settings = settings
    for (name, text) in overrides.sorted(by: { $0.key < $1.key }) where name != "adapter" {
      try change(&settings, name, text)
    }
    if overrides["adapter"] != nil { try takeAdapter(&settings, overrides) }
    var options = FinetuneOptions(base: base, data: data, out: out)
    guard let method = FinetuneOptions.Method(rawValue: settings.method) else {
      throw JobOptionError(name: "method", text: settings.method, allowed: "full or lora")
    }
    guard let schedule = LearningRateSchedule.Kind(rawValue: settings.schedule) else {
      throw JobOptionError(
        name: "schedule", text: settings.schedule, allowed: "constant, linear or cosine")
    }
    guard let compute = ComputePrecision(rawValue: settings.compute) else {
      throw JobOptionError(
        name: "compute", text: settings.compute, allowed: "float32, bf16 or auto")
    }
    guard let storage = StorageArgument(rawValue: settings.dtype) else {
      throw JobOptionError(
        name: "dtype", text: settings.dtype,
        allowed: "one of " + StorageArgument.allCases.map(\.rawValue).joined(separator: ", "))
    }
    options.compute = compute
    options.storage = storage.storage
    options.method = method
    options.adapter = overrides["adapter"]
    options.schedule = schedule
    options.rank = options.adapter == nil ? settings.rank : nil
    options.alpha = settings.alpha
    options.targetModules = settings.targetModules
    options.length = settings.steps.map { .steps($0) } ?? .epochs(settings.epochs)
    options.batchRows = settings.batch
    options.gradientAccumulation = settings.gradientAccumulation
    options.blockSize = settings.blockSize
    options.learningRate = settings.learningRate
    options.warmupSteps = settings.warmupSteps
    options.weightDecay = settings.weightDecay
    options.clipNorm = settings.clipNorm
    options.checkpointEvery = settings.checkpointEvery
    return options
  }

  /// An adapter that is gone on with has its own rank, alpha and modules, whatever the configuration
  /// says of fresh ones; a job that names others is refused.
  private static func takeAdapter(
    _ settings: inout MinerConfiguration.Finetune, _ overrides: [String: String]
  ) throws {
    for name in ["rank", "alpha", "target_modules"] {
      guard let text = overrides[name] else { continue }
      throw JobOptionError(
        name: name, text: text, allowed: "no \(name) beside adapter, which has its own")
    }
    let method = overrides["method"] ?? FinetuneOptions.Method.lora.rawValue
    guard method == FinetuneOptions.Method.lora.rawValue else {
      throw JobOptionError(name: "method", text: method, allowed: "lora beside adapter")
    }
    settings.method = method
    settings.alpha = nil
    settings.targetModules = nil
  }

  private static func change(
    _ settings: inout MinerConfiguration.Finetune, _ name: String, _ text: String
  ) throws {
    func integer() throws -> Int {
      guard let value = Int(text) else {
        throw JobOptionError(name: name, text: text, allowed: "a whole number")
      }
      return value
    }
    func number() throws -> Double {
      guard let value = Double(text), value.isFinite else {
        throw JobOptionError(name: name, text: text, allowed: "a number")
      }
      return value
    }
    switch name {
    case "method": settings.method = text
    case "rank": settings.rank = try integer()
    case "alpha": settings.alpha = try number()
    case "target_modules": settings.targetModules = text.split(separator: ",").map(String.init)
    case "steps": settings.steps = try integer()
    case "epochs":
      settings.epochs = try number()
      settings.steps = nil
    case "batch": settings.batch = try integer()
    case "gradient_accumulation": settings.gradientAccumulation = try integer()
    case "block_size": settings.blockSize = try integer()
    case "learning_rate": settings.learningRate = try number()
    case "schedule": settings.schedule = text
    case "warmup_steps": settings.warmupSteps = try integer()
    case "weight_decay": settings.weightDecay = try number()
    case "clip_norm": settings.clipNorm = try number()
    case "checkpoint_every": settings.checkpointEvery = try integer()
    case "dtype": settings.dtype = text
    case "compute": settings.compute = text
    default:
      throw JobOptionError(
        name: name, text: text, allowed: "one of " + names.joined(separator: ", "))
    }
  }
}

/// A job's setting is none, or has no such value.
public struct JobOptionError: ReportableError, Equatable {
  /// The setting.
  public var name: String
  /// What it was given.
  public var text: String
  /// What it may be.
  public var allowed: String

  /// Bad data of the caller's.
  public var kind: ErrorKind { .invalidData }
  /// The setting.
  public var what: String { "setting \(name.quoted())" }
  /// Its value.
  public var why: String { "\(text.quoted()) is not allowed" }
  /// What is allowed.
  public var advice: String? { "give \(allowed)" }
}
