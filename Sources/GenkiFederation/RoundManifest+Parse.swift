import GenkiCore

/// Reading a manifest: every key is checked, and the first one that is wrong is named.
extension RoundManifest {
  /// No manifest is larger than this.
  public static let bytesMaximum = 16 << 20

  /// Reads a manifest file.
  public static func load(path: String) throws -> RoundManifest {
    try parse(TextFile.readBytes(path, sizeLimit: bytesMaximum), source: path)
  }

  /// Reads a manifest's bytes; `source` names them in errors.
  public static func parse(_ bytes: [UInt8], source: String) throws -> RoundManifest {
    let root = ManifestNode(
      value: try JSONValue.parse(bytes, source: source), key: "", file: source)
    let format = try root["format"].string()
    guard [Self.firstFormat, Self.currentFormat].contains(format) else {
      throw FederationError.badManifest(
        file: source, key: "format",
        reason: "is \(format), known are \(Self.firstFormat) and \(Self.currentFormat)")
    }
    let damaType = try root["dama_dtype"].damaType()
    var rules = try Rules(root["rules"])
    rules.limits.types = damaType == nil ? .ofBase : .ofBaseOrWider
    return RoundManifest(
      base: Base(
        path: try root["base"]["path"].string(),
        contentDigest: try root["base"]["content_hash"].digest(),
        configurationDigest: try root["base"]["configuration_sha256"].digest()),
      rules: rules, damaType: damaType, inputs: try root["inputs"].array().map { try Input($0) },
      step: try root["step_size"].number(0...1),
      trials: try root["guard"].array().map { try GuardedStep.Trial($0) },
      data: try root["data"].array().map { try DataFile($0) },
      seed: try root["seed"].unsigned(),
      dama: Dama(
        digest: try root["dama"]["sha256"].digest(),
        contentDigest: try root["dama"]["content_hash"].digest(),
        configurationDigest: try root["dama"]["configuration_sha256"].optionalDigest(),
        tokenizerDigest: try root["dama"]["tokenizer_sha256"].optionalDigest(),
        companions: try root["dama"]["files_sha256"].companions()))
  }
}

extension ManifestNode {
  fileprivate func damaType() throws -> DamaType? {
    guard value != nil else { return nil }
    let name = try string()
    guard let type = DamaType(rawValue: name) else {
      throw failure(
        "is \(name.quoted()), which this program does not know: it knows "
          + DamaType.names.joined(separator: " and "))
    }
    return type
  }

  /// Names that no model hands on are refused.
  fileprivate func companions() throws -> [String: ContentDigest]? {
    guard let value else { return nil }
    guard let object = value.objectValue else { throw failure("must be an object") }
    var result: [String: ContentDigest] = [:]
    for name in object.keys {
      guard ModelFiles.companions.contains(name) else {
        throw failure("names \(name.quoted()), which no model hands on")
      }
      result[name] = try self[name].digest()
    }
    return result
  }
}

extension RoundManifest.Rules {
  fileprivate init(_ node: ManifestNode) throws {
    let name = try node["strategy"].string()
    guard let strategy = AggregationStrategy(rawValue: name) else {
      throw node["strategy"].failure("is \(name), which is not known")
    }
    guard try node["trim_fraction"].number(0...0.5) == AggregationStrategy.trimFraction else {
      throw node["trim_fraction"].failure("must be \(AggregationStrategy.trimFraction)")
    }
    self.init(
      strategy: strategy, normBound: try node["norm_bound"].number(0...1e9),
      limits: CandidateLimits(
        changeRatio: try node["change_ratio_max"].number(0...1e9),
        matrixChangeRatio: try node["matrix_change_ratio_max"].number(0...1e9),
        rank: try node["rank_max"].integer(1...1 << 20),
        tensors: try node["tensors_max"].integer(1...1 << 20),
        headerBytes: try node["header_bytes_max"].integer(1...1 << 30)),
      guardRules: GuardedStep.Rules(
        regressionMaximum: try node["regression_max"].number(0...1e9),
        noiseFloorErrors: try node["noise_floor_errors"].number(0...1e9)))
  }
}

extension RoundManifest.Input {
  fileprivate init(_ node: ManifestNode) throws {
    var rejection: RoundManifest.RejectionRecord?
    var part: AggregationPlan.Input?
    switch try node["verdict"].string() {
    case "accepted":
      part = AggregationPlan.Input(
        weight: UInt16(try node["weight"].integer(0...65_535)),
        share: try node["share"].number(0...1), norm: try node["norm"].number(0...1e300),
        normFactor: try node["norm_factor"].number(0...1))
    case "rejected":
      rejection = RoundManifest.RejectionRecord(
        gate: try node["gate"].integer(1...99), code: try node["code"].string(),
        reason: try node["reason"].string())
    default: throw node["verdict"].failure("must be accepted or rejected")
    }
    self.init(
      path: try node["model"].string(), score: try node["score"].number(0...1e300),
      rejection: rejection,
      contentDigest: rejection == nil
        ? try node["content_hash"].digest() : try node["content_hash"].optionalDigest(),
      configurationDigest: try node["adapter_configuration_sha256"].optionalDigest(), part: part)
  }
}

extension GuardedStep.Trial {
  fileprivate init(_ node: ManifestNode) throws {
    self.init(
      step: try node["step_size"].number(0...1),
      gain: LossGain(
        domains: try node["datasets"].array().map { try LossGain.Domain($0) },
        delta: try node["delta_loss"].measurement(),
        standardError: try node["standard_error"].measurement()),
      changesKept: try node["changes_kept"].optionalNumber(0...1))
  }
}

extension LossGain.Domain {
  fileprivate init(_ node: ManifestNode) throws {
    self.init(
      name: try node["name"].string(), delta: try node["delta_loss"].measurement(),
      standardError: try node["standard_error"].measurement())
  }
}

extension RoundManifest.DataFile {
  fileprivate init(_ node: ManifestNode) throws {
    self.init(
      path: try node["path"].string(), digest: try node["sha256"].digest(),
      windows: try node["windows"].integer(0...Int.max),
      blockSize: try node["block_size"].integer(1...Int.max))
  }
}
