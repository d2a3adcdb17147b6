import GenkiCore

/// What can be wrong with the inputs of evaluation, scoring and aggregation.
public enum FederationError: ReportableError, Equatable {
  /// The base holds NaN or infinity.
  case baseNotFinite(folder: String, tensor: String)
  /// The base is stored in a type over which no round takes a model.
  case baseType(folder: String, tensor: String, type: String)
  /// The base's loss is NaN or infinite.
  case baseLossNotFinite(folder: String, dataset: String)
  /// A model that must be usable was refused by a gate.
  case candidateRefused(folder: String, reason: Rejection)
  /// No model passed the gates, or none has a weight above zero.
  case nothingToAggregate(reason: String)
  /// No strategy has this name.
  case unknownStrategy(name: String)
  /// No step of the guarded aggregation helps.
  case noImprovement(reason: String)
  /// A data set has too few windows for a standard error.
  case tooFewWindows(dataset: String, windows: Int, needed: Int)
  /// A number that a command takes is out of range.
  case outOfRange(name: String, value: String, allowed: String)
  /// A manifest that does not say what it must.
  case badManifest(file: String, key: String, reason: String)
  /// The recomputation does not agree with the manifest.
  case notVerified(manifest: String, differences: [String])

  /// How bad it is, and the exit code.
  public var kind: ErrorKind {
    switch self {
    case .baseNotFinite, .baseType, .baseLossNotFinite, .candidateRefused, .tooFewWindows,
      .badManifest:
      .invalidData
    case .unknownStrategy, .outOfRange: .usage
    case .nothingToAggregate, .noImprovement, .notVerified: .failed
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .baseNotFinite(let folder, _), .baseLossNotFinite(let folder, _),
      .baseType(let folder, _, _):
      "base \(folder)"
    case .candidateRefused(let folder, _): "model \(folder)"
    case .nothingToAggregate: "aggregation"
    case .unknownStrategy(let name): "strategy \(name)"
    case .noImprovement: "guarded step"
    case .tooFewWindows(let dataset, _, _): "data set \(dataset)"
    case .outOfRange(let name, let value, _): "\(name) \(value)"
    case .badManifest(let file, let key, _): "\(file): \(key)"
    case .notVerified(let manifest, _): "verification of \(manifest)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .baseNotFinite(_, let tensor): "tensor \(tensor) is not finite"
    case .baseType(_, let tensor, let type): "tensor \(tensor) is stored as \(type)"
    case .baseLossNotFinite(_, let dataset): "its loss on \(dataset) is not a number"
    case .candidateRefused(_, let reason): reason.description
    case .nothingToAggregate(let reason), .noImprovement(let reason): reason
    case .unknownStrategy: "is not known"
    case .tooFewWindows(_, let windows, let needed):
      "has \(windows) windows, but at least \(needed) are needed to tell a gain from noise"
    case .outOfRange(_, _, let allowed): "must be \(allowed)"
    case .badManifest(_, _, let reason): reason
    case .notVerified(_, let differences): differences.joined(separator: "; ")
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .baseNotFinite, .baseLossNotFinite: "fetch or make the base again"
    case .baseType: "convert the base to float32, bfloat16 or float16"
    case .candidateRefused: "leave it out, or give the base it was made from"
    case .nothingToAggregate: "the base stays in force"
    case .unknownStrategy: "choose from \(AggregationStrategy.names.joined(separator: ", "))"
    case .noImprovement: "the base stays in force; nothing was written"
    case .tooFewWindows: "give more text, or a smaller --block-size"
    case .outOfRange: nil
    case .badManifest: "use the manifest.json that aggregate wrote, unchanged"
    case .notVerified: nil
    }
  }
}
