import GenkiCore

/// The manifest's file: stable keys, one canonical spelling, and a checksum over all of it.
extension RoundManifest {
  /// The file's text.
  ///
  /// `checksum` is the SHA-256 of the same text without the line that holds it.
  public func encoded() -> String {
    var document = json
    let text = JSONValue.object(document).encoded(pretty: true) + "\n"
    document["checksum"] = .string(SHA256Hasher.digest(of: Array(text.utf8)).hex)
    return JSONValue.object(document).encoded(pretty: true) + "\n"
  }

  private var json: JSONObject {
    var result: JSONObject = [
      "format": .string(damaType == nil ? Self.firstFormat : Self.currentFormat),
      "base": [
        "path": .string(base.path), "content_hash": .string(base.contentDigest.hex),
        "configuration_sha256": .string(base.configurationDigest.hex),
      ],
      "rules": rules.json,
    ]
    if let damaType { result["dama_dtype"] = .string(damaType.rawValue) }
    result["inputs"] = .array(inputs.map(\.json))
    result["step_size"] = .number(step)
    result["guard"] = .array(trials.map(\.json))
    result["data"] = .array(data.map(\.json))
    result["seed"] = .unsignedOrInteger(seed)
    result["dama"] = dama.json
    return result
  }
}

extension RoundManifest.Dama {
  /// The new base for machines.
  var json: JSONValue {
    var result: JSONObject = [
      "file": .string(RoundManifest.damaFileName), "sha256": .string(digest.hex),
      "content_hash": .string(contentDigest.hex),
    ]
    if let configurationDigest {
      result["configuration_sha256"] = .string(configurationDigest.hex)
    }
    if let tokenizerDigest { result["tokenizer_sha256"] = .string(tokenizerDigest.hex) }
    if let companions {
      let files = companions.sorted { $0.key < $1.key }
      result["files_sha256"] = .object(
        JSONObject(entries: files.map { (key: $0.key, value: .string($0.value.hex)) }))
    }
    return .object(result)
  }
}

extension RoundManifest.Rules {
  /// The rules for machines.
  var json: JSONValue {
    [
      "strategy": .string(strategy.rawValue), "norm_bound": .number(normBound),
      "trim_fraction": .number(AggregationStrategy.trimFraction),
      "change_ratio_max": .number(limits.changeRatio),
      "matrix_change_ratio_max": .number(limits.matrixChangeRatio),
      "rank_max": JSONValue(limits.rank), "tensors_max": JSONValue(limits.tensors),
      "header_bytes_max": JSONValue(limits.headerBytes),
      "regression_max": .number(guardRules.regressionMaximum),
      "noise_floor_errors": .number(guardRules.noiseFloorErrors),
    ]
  }
}

extension RoundManifest.Input {
  /// One input for machines.
  public var json: JSONValue {
    var result: JSONObject = [
      "model": .string(path), "score": .number(score),
      "verdict": rejection == nil ? "accepted" : "rejected",
    ]
    if let rejection {
      result["gate"] = JSONValue(rejection.gate)
      result["code"] = .string(rejection.code)
      result["reason"] = .string(rejection.reason)
    }
    if let contentDigest { result["content_hash"] = .string(contentDigest.hex) }
    if let configurationDigest {
      result["adapter_configuration_sha256"] = .string(configurationDigest.hex)
    }
    if let part {
      result["weight"] = JSONValue(Int(part.weight))
      result["share"] = .number(part.share)
      result["norm"] = .number(part.norm)
      result["norm_factor"] = .number(part.normFactor)
    }
    return .object(result)
  }
}

extension GuardedStep.Trial {
  /// One step's trial for machines.
  public var json: JSONValue {
    var result: JSONObject = [
      "step_size": .number(step), "delta_loss": .number(gain.delta),
      "standard_error": .number(gain.standardError),
      "datasets": .array(gain.domains.map(\.json)),
    ]
    if let changesKept { result["changes_kept"] = .number(changesKept) }
    return .object(result)
  }
}

extension LossGain.Domain {
  /// One data set's gain for machines.
  public var json: JSONValue {
    [
      "name": .string(name), "delta_loss": .number(delta),
      "standard_error": .number(standardError),
    ]
  }
}

extension RoundManifest.DataFile {
  /// One data file for machines.
  var json: JSONValue {
    [
      "path": .string(path), "sha256": .string(digest.hex), "windows": JSONValue(windows),
      "block_size": JSONValue(blockSize),
    ]
  }
}

extension JSONValue {
  /// The smallest case that holds the number.
  static func unsignedOrInteger(_ value: UInt64) -> JSONValue {
    Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
  }
}
