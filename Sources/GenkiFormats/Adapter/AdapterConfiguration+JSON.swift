import GenkiCore

extension AdapterConfiguration {
  /// Reads `adapter_config.json`; `path` is the file or the adapter's folder.
  public static func load(path: String) throws -> AdapterConfiguration {
    let file = ModelFolder.file(ModelFiles.adapterConfiguration, at: path)
    let json = try JSONValue.parse(file: file, sizeLimit: 4 << 20)
    return try AdapterConfiguration(json: json, source: file)
  }

  /// Reads a configuration.
  ///
  /// Throws `ConfigurationError` for everything that would change the result and is not computed
  /// here: other kinds of adapters, trained biases or whole modules, initialisations that change the
  /// base, and any unknown option that is switched on.
  public init(json: JSONValue, source: String) throws {
    let reader = try ConfigurationReader(json: json, source: source)
    try Self.refuseForeignFeatures(reader)
    guard reader.value("r") != nil else { throw reader.missing("r") }
    // Absent it is PEFT's default; null is no number for PEFT either.
    if reader.has("lora_alpha"), reader.value("lora_alpha") == nil {
      throw reader.wrongType("lora_alpha", "a number", .null)
    }
    self.init(
      rank: try reader.int("r", default: 8, in: 1...Self.rankMaximum),
      alpha: try reader.double(
        "lora_alpha", default: 8, in: -Self.alphaMaximum...Self.alphaMaximum),
      dropout: try reader.double("lora_dropout", default: 0, in: 0...0.999),
      targetModules: try Self.targets(reader),
      useRankStabilizedScale: try reader.bool("use_rslora", default: false),
      fanInFanOut: try reader.bool("fan_in_fan_out", default: false),
      baseModel: try reader.optionalString("base_model_name_or_path"),
      revision: try reader.optionalString("revision"))
    excludeModules = try ModuleSelection(
      reader, key: "exclude_modules", knowsAllLinear: false)
    layers = try LayerSelection(reader, targets: targetModules)
    rankPattern = try Self.patterns(reader, "rank_pattern") { value, key in
      try reader.int(value, key: key, in: 1...Self.rankMaximum)
    }.map { (pattern: $0, rank: $1) }
    alphaPattern = try Self.patterns(reader, "alpha_pattern") { value, key in
      guard let alpha = value.doubleValue else { throw reader.wrongType(key, "a number", value) }
      guard abs(alpha) <= Self.alphaMaximum else {
        throw ConfigurationError.outOfRange(
          source: source, key: key, value: "\(alpha)", allowed: "-1e6 to 1e6")
      }
      return alpha
    }.map { (pattern: $0, alpha: $1) }
    guard stateCount <= Self.statesMaximum else {
      throw reader.inconsistent("alpha_pattern, rank_pattern", "are too large together")
    }
  }

  private static let alphaMaximum = 1e6
  /// Every entry is held against every module's path.
  private static let patternEntriesMaximum = 1_024
  /// Of all expressions of a file.
  private static let statesMaximum = 32_768

  private static func targets(_ reader: ConfigurationReader) throws -> ModuleSelection {
    guard let targets = try ModuleSelection(reader, key: "target_modules", knowsAllLinear: true)
    else {
      guard reader.value("target_modules") == nil else {
        throw reader.inconsistent("target_modules", "names no module")
      }
      throw reader.missing("target_modules")
    }
    return targets
  }

  private static func patterns<Value>(
    _ reader: ConfigurationReader, _ key: String,
    _ convert: (JSONValue, String) throws -> Value
  ) throws -> [(ModulePattern, Value)] {
    guard let nested = try reader.nested(key) else { return [] }
    guard nested.object.entries.count <= patternEntriesMaximum else {
      throw reader.inconsistent(key, "has more than \(patternEntriesMaximum) entries")
    }
    // PEFT's reader would keep the first place and the last value.
    guard !nested.object.hasDuplicateKeys else {
      throw reader.inconsistent(key, "has an entry twice")
    }
    return try nested.object.entries.map { entry in
      let name = entry.key.quoted(limit: 60)
      return (
        try reader.pattern(entry.key, key: "\(key).\(name)", form: .key),
        try convert(entry.value, "\(key).\(name)")
      )
    }
  }

  /// Options that change neither what the adapter computes nor how it is stored.
  private static let harmless: Set<String> = [
    "auto_mapping", "peft_version", "inference_mode", "megatron_core", "qalora_group_size",
    "runtime_config", "ensure_weight_tying", "loftq_config", "eva_config",
  ]
  private static let understood: Set<String> = [
    "peft_type", "task_type", "base_model_name_or_path", "revision", "r", "lora_alpha",
    "lora_dropout", "target_modules", "bias", "fan_in_fan_out", "use_rslora", "rank_pattern",
    "alpha_pattern", "init_lora_weights", "exclude_modules", "layers_to_transform",
    "layers_pattern",
  ]

  private static func refuseForeignFeatures(_ reader: ConfigurationReader) throws {
    try require(reader, "peft_type", in: ["LORA"], isNeeded: true)
    try require(reader, "task_type", in: ["CAUSAL_LM"])
    try require(reader, "bias", in: ["none"])
    if let value = reader.value("init_lora_weights"), value.boolValue == nil {
      // The other ways change the base's weights as well.
      try require(reader, "init_lora_weights", in: ["gaussian", "eva", "orthogonal"])
    }
    for (key, value) in reader.object.entries
    where !harmless.contains(key) && !understood.contains(key) && isSwitchedOn(value) {
      throw reader.unsupported(key.quoted(), value, allowed: "plain LoRA without this option")
    }
  }

  private static func isSwitchedOn(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool(false): false
    case .array(let elements): !elements.isEmpty
    // PEFT takes an empty object for an option with its defaults.
    default: true
    }
  }

  private static func require(
    _ reader: ConfigurationReader, _ key: String, in names: [String], isNeeded: Bool = false
  ) throws {
    guard let text = try reader.optionalString(key) else {
      if isNeeded { throw reader.missing(key) }
      return
    }
    guard names.contains(text) else {
      throw reader.unsupported(key, .string(text), allowed: names.joined(separator: ", "))
    }
  }

  /// The `adapter_config.json` that PEFT loads.
  public func encoded() -> JSONValue {
    [
      "peft_type": "LORA",
      "task_type": "CAUSAL_LM",
      "base_model_name_or_path": JSONValue(baseModel),
      "revision": JSONValue(revision),
      "inference_mode": true,
      "r": JSONValue(rank),
      "lora_alpha": Self.number(alpha),
      "lora_dropout": .number(dropout),
      "target_modules": targetModules.json,
      "exclude_modules": excludeModules?.json ?? .null,
      "bias": "none",
      "fan_in_fan_out": .bool(fanInFanOut),
      "use_rslora": .bool(useRankStabilizedScale),
      "use_dora": false,
      "init_lora_weights": true,
      "modules_to_save": .null,
      "rank_pattern": .object(
        JSONObject(entries: rankPattern.map { (key: $0.pattern.text, value: JSONValue($0.rank)) })),
      "alpha_pattern": .object(
        JSONObject(
          entries: alphaPattern.map { (key: $0.pattern.text, value: Self.number($0.alpha)) })),
      "layers_to_transform": layers?.toTransform ?? .null,
      "layers_pattern": layers?.pattern ?? .null,
    ]
  }

  /// PEFT writes whole alphas as integers.
  private static func number(_ value: Double) -> JSONValue {
    Int(exactly: value).map { JSONValue($0) } ?? .number(value)
  }
}
