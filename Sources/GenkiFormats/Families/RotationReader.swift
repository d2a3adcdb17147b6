import Foundation
import GenkiCore

/// Rotary parameters, from `rope_parameters` (transformers 5) or from keys beside the others and `rope_scaling`
/// (transformers 4).
struct RotationReader {
  let reader: ConfigurationReader
  let headSize: Int
  let maxPositions: Int
  /// The class default of the base, and the key of transformers 4.
  let theta: Double
  var thetaKey = "rope_theta"
  /// Whether a part of each head may rotate; the class default of the share and its old key.
  var isPartial = false
  var shareKey = "partial_rotary_factor"
  var share = 1.0
  /// Whose parameters these are where `rope_parameters` has some for each type of layer.
  var layerType: String?
  /// Whether `rope_scaling` of transformers 4 is about these layers.
  var takesScaling = true

  /// Whether frequencies may be scaled, and of what to make use where not.
  var scalings = Scalings.all

  /// The types of scaling that a family computes.
  enum Scalings: Sendable {
    case all
    /// `models` says which models of the family work.
    case none(models: String)

    var allowed: String {
      switch self {
      case .all: "default, linear, dynamic, yarn, llama3"
      case .none(let models): "default, \(models)"
      }
    }
  }

  func rotation() throws -> Rotation {
    let nested = try parameters()
    let base = try reader.double(thetaKey, default: theta, in: ModelBounds.ropeTheta)
    let dimensions = try dimensions(nested)
    guard let nested else {
      return Rotation(theta: base, scaling: .none, dimensions: dimensions)
    }
    let own = try nested.double("rope_theta", default: base, in: ModelBounds.ropeTheta)
    return Rotation(
      theta: own, scaling: try scaling(nested, theta: own), dimensions: dimensions)
  }

  /// The object that has the parameters of these layers.
  private func parameters() throws -> ConfigurationReader? {
    let scaling = takesScaling ? try reader.nested("rope_scaling") : nil
    if let scaling, !scaling.object.entries.isEmpty {
      try refuseNested(scaling)
      if layerType != nil { try checkScalingOfLayers(scaling) }
      return scaling
    }
    guard let all = try reader.nested("rope_parameters"), !all.object.entries.isEmpty else {
      return nil
    }
    guard let layerType else {
      try refuseNested(all)
      return all
    }
    guard let own = try all.nested(layerType) else { throw all.missing(layerType) }
    try refuseNested(own)
    return own
  }

  /// Where types of layers have parameters of their own, versions of transformers differ about a file that has
  /// both forms, and about `type`.
  private func checkScalingOfLayers(_ scaling: ConfigurationReader) throws {
    if reader.value("rope_parameters") != nil {
      throw reader.inconsistent("rope_scaling", "stands beside rope_parameters")
    }
    if let value = scaling.value("type"), scaling.value("rope_type") == nil {
      throw scaling.unsupported("type", value, allowed: "the same under the key rope_type")
    }
  }

  private func refuseNested(_ nested: ConfigurationReader) throws {
    for (key, value) in nested.object.entries where value.objectValue != nil {
      throw nested.unsupported(key, value, allowed: "one set of rotary parameters for all layers")
    }
  }

  private func dimensions(_ nested: ConfigurationReader?) throws -> Int {
    let key = "partial_rotary_factor"
    guard isPartial else {
      for reader in [reader, nested].compactMap(\.self) {
        if let value = reader.value(key), value.doubleValue != 1 {
          throw reader.unsupported(key, value, allowed: "1")
        }
      }
      return headSize
    }
    let range = 1e-6...1.0
    let beside = try reader.double(shareKey, default: share, in: range)
    let part = try nested?.double(key, default: beside, in: range) ?? beside
    let dimensions = Int(Double(headSize) * part)
    guard dimensions > 0, dimensions % 2 == 0 else {
      let reason = "\(part) of \(headSize) dimensions is not an even number of them"
      if let nested, nested.value(key) != nil { throw nested.inconsistent(key, reason) }
      throw reader.inconsistent(shareKey, reason)
    }
    return dimensions
  }

  private func scaling(
    _ nested: ConfigurationReader, theta: Double
  ) throws -> Rotation.Scaling {
    let key = nested.value("rope_type") == nil ? "type" : "rope_type"
    let type = try nested.optionalString(key) ?? "default"
    if case .none = scalings, type != "default" {
      throw nested.unsupported(key, .string(type), allowed: scalings.allowed)
    }
    switch type {
    case "default": return .none
    case "linear": return .linear(factor: try factor(nested))
    case "dynamic": return .dynamic(factor: try factor(nested))
    case "llama3": return try llama3(nested)
    case "yarn": return .yarn(try yarn(nested, theta: theta))
    default: throw nested.unsupported(key, .string(type), allowed: scalings.allowed)
    }
  }

  private func factor(_ nested: ConfigurationReader) throws -> Double {
    try nested.requiredDouble("factor", in: 1...1e6)
  }

  /// The context before it was stretched; a value beside the others goes before the one among them, except
  /// where types of layers have their own.
  private func originalPositions(_ nested: ConfigurationReader) throws -> Int {
    let key = "original_max_position_embeddings"
    let beside = layerType == nil ? try reader.optionalInt(key, in: ModelBounds.positions) : nil
    return try beside
      ?? nested.int(key, default: maxPositions, in: ModelBounds.positions)
  }

  private func llama3(_ nested: ConfigurationReader) throws -> Rotation.Scaling {
    let low = try nested.requiredDouble("low_freq_factor", in: 1e-6...1e6)
    let high = try nested.requiredDouble("high_freq_factor", in: 1e-6...1e6)
    guard low < high else {
      throw nested.inconsistent("high_freq_factor", "must be above low_freq_factor")
    }
    return .llama3(
      factor: try factor(nested), lowFrequencyFactor: low, highFrequencyFactor: high,
      originalMaxPositions: try originalPositions(nested))
  }

  /// The default of the attention factor is the paper's, or the ratio of two where both are scaled.
  private func yarn(_ nested: ConfigurationReader, theta: Double) throws -> Rotation.Yarn {
    let original = try originalPositions(nested)
    guard theta > 1 else {
      throw nested.inconsistent("rope_theta", "must be above 1 with yarn")
    }
    let stretch = Double(maxPositions) / Double(original)
    let factor = try nested.double("factor", default: stretch, in: 1e-6...1e6)
    func scale(_ share: Double) -> Double { factor <= 1 ? 1 : 0.1 * share * log(factor) + 1 }
    let range = 0.0...1e6
    let share = try nested.double("mscale", default: 0, in: range)
    let shareOfAll = try nested.double("mscale_all_dim", default: 0, in: range)
    let usual = share != 0 && shareOfAll != 0 ? scale(share) / scale(shareOfAll) : scale(1)
    func beta(_ key: String, _ fallback: Double) throws -> Double {
      let value = try nested.double(key, default: fallback, in: range)
      return value == 0 ? fallback : value
    }
    return Rotation.Yarn(
      factor: factor,
      attentionFactor: try nested.double("attention_factor", default: usual, in: range),
      betaFast: try beta("beta_fast", 32), betaSlow: try beta("beta_slow", 1),
      originalMaxPositions: original, truncates: try truncates(nested))
  }

  /// Null is false here. transformers looks for it beside the parameters of types of layers, not among them.
  private func truncates(_ nested: ConfigurationReader) throws -> Bool {
    let key = "truncate"
    guard nested.has(key) else { return true }
    let truncates = try nested.bool(key, default: false)
    if layerType != nil, !truncates {
      throw nested.unsupported(key, .bool(false), allowed: "true")
    }
    return truncates
  }
}
