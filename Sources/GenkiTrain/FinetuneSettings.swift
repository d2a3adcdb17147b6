import GenkiCore
import GenkiData

/// Everything a run's result depends on, beside the number of threads: options, and the digests of
/// base and data. Two runs with equal settings and threads make the same bytes.
public struct FinetuneSettings: Sendable, Equatable {
  /// Key and value, in a fixed order.
  public let values: JSONObject

  /// - Parameters:
  ///   - options: Validated options.
  ///   - blockSize: The window that is used.
  ///   - adapter: LoRA: the adapter that is trained.
  ///   - steps: The steps of the whole run.
  ///   - base: The digest of everything read from the base.
  ///   - data: The digests of the data files, in order.
  init(
    _ options: FinetuneOptions, blockSize: Int, adapter: TrainedAdapter?, steps: Int, base: String,
    data: [String]
  ) throws {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    var values: JSONObject = [
      "base": .string(base), "data": .array(data.map { .string($0) }),
      "method": .string(options.method.rawValue),
    ]
    if let adapter {
      if let digest = try adapter.digest() {
        values["adapter"] = .string(digest)
      } else {
        values["rank"] = JSONValue(options.effectiveRank)
        values["alpha"] = .number(options.alphaOrRank)
      }
      values["dropout"] = .number(adapter.configuration.dropout)
      if options.adapter == nil {
        values["target_modules"] = .array(adapter.targetModules.map { .string($0) })
      }
    }
    values["steps"] = JSONValue(steps)
    values["batch"] = JSONValue(options.batchRows)
    values["gradient_accumulation"] = JSONValue(options.gradientAccumulation)
    values["block_size"] = JSONValue(blockSize)
    values["learning_rate"] = .number(options.effectiveLearningRate)
    values["schedule"] = .string(options.schedule.rawValue)
    values["warmup_steps"] = JSONValue(options.warmupSteps)
    values["weight_decay"] = .number(options.weightDecay)
    values["decay"] = .string(options.decay.rawValue)
    values["beta1"] = .number(options.beta1)
    values["beta2"] = .number(options.beta2)
    values["epsilon"] = .number(options.epsilon)
    values["clip_norm"] = number(options.clipNorm)
    values["seed"] = .string(String(options.seed))
    values["order"] = .string(options.order.rawValue)
    values["chat_template"] = Self.templates(options.effectiveData)
    // Records of version 0.1 do not name them.
    if options.effectiveDataRules != .first {
      values["data_rules"] = .string(options.effectiveDataRules.rawValue)
      values["date"] = options.effectiveDate.map { .string($0.description) }
      values["chat_template_arguments"] = Self.arguments(options.effectiveData)
    }
    values["eval_fraction"] = number(options.evaluationFraction)
    values["dtype"] = .string(options.effectiveStorage.rawValue)
    // A round trip, so that settings just made compare equal to settings read back (2 and 2.0).
    self.values =
      (try? JSONValue.parse(JSONValue.object(values).encoded(), source: "settings"))?
      .objectValue ?? values
  }

  /// Settings as read from a run's record.
  init(values: JSONObject) { self.values = values }

  /// How conversations are written: one name, or one a file where they differ.
  private static func templates(_ files: [FinetuneOptions.DataFile]) -> JSONValue {
    let names = files.map { $0.chatTemplate ?? "of the base" }
    if let first = names.first, names.allSatisfy({ $0 == first }) { return .string(first) }
    return .array(names.map { .string($0) })
  }

  /// What the base's template is told: one object, or one a file where they differ; nothing where it is
  /// told nothing.
  private static func arguments(_ files: [FinetuneOptions.DataFile]) -> JSONValue? {
    let arguments = files.map { JSONValue.object($0.chatTemplateArguments) }
    guard let first = arguments.first, arguments.contains(where: { $0 != [:] }) else { return nil }
    return arguments.allSatisfy { $0 == first } ? first : .array(arguments)
  }

  /// The day that the base's template saw.
  var date: CalendarDate? { values["date"]?.stringValue.flatMap { CalendarDate($0) } }

  /// The rules by which lines of data became tokens.
  var dataRules: DatasetOptions.Rules {
    values["data_rules"]?.stringValue.flatMap(DatasetOptions.Rules.init) ?? .first
  }

  /// The steps of the whole run.
  var steps: Int? { values["steps"]?.intValue }

  /// How the run's output is stored.
  var storage: FinetuneOptions.Storage? {
    values["dtype"]?.stringValue.flatMap(FinetuneOptions.Storage.init)
  }

  /// The digest that ties a checkpoint to its run.
  var digest: ContentDigest {
    SHA256Hasher.digest(of: Array(JSONValue.object(values).encoded(sortedKeys: true).utf8))
  }

  /// Throws `FinetuneError.settingDiffers` naming the first key with another value.
  func check(matches now: FinetuneSettings, path: String) throws {
    for key in values.keys + now.values.keys where values[key] != now.values[key] {
      func text(_ value: JSONValue?) -> String { value?.encoded() ?? "not set" }
      throw FinetuneError.settingDiffers(
        path: path, key: key, was: text(values[key]), now: text(now.values[key]))
    }
  }
}
