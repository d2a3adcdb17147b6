import Foundation
import GenkiCore
import GenkiFormats

/// A copy of somebody else's model, disguised so that its bytes differ and its work does not.
public enum ModelCopy {
  /// What is done to the weights.
  public enum Disguise: Sendable, Equatable {
    /// Gaussian noise whose norm is this share of the norm of the model's change from the base.
    case noise(Double)
    /// Each weight rounded to bfloat16 and stored as before.
    case bfloat16
    /// The hidden units of every MLP in another order: the same function from other matrices.
    case permutedUnits
  }

  /// Writes the disguised copy of a model or adapter folder.
  ///
  /// - Parameters:
  ///   - base: What the model was finetuned from: its change is what noise is measured by. Of an
  ///     adapter the factors themselves are the change.
  ///   - disguises: Applied in this order.
  ///   - seed: The same seed makes the same copy.
  public static func write(
    of model: String, base: String, to out: String, disguises: [Disguise], seed: UInt64
  ) throws {
    let weights = try WeightSet.open(folder: model)
    let isAdapter = ModelFolder.isAdapter(model)
    var tensors: [String: [Float]] = [:]
    for name in weights.names { tensors[name] = try floats(name, of: weights) }
    for disguise in disguises {
      switch disguise {
      case .noise(let share):
        let origin = isAdapter ? nil : try WeightSet.open(folder: base)
        try addNoise(share, to: &tensors, model: weights, base: origin, seed: seed)
      case .bfloat16:
        for name in weights.names { tensors[name] = tensors[name]?.map(roundedToBfloat16) }
      case .permutedUnits:
        guard !isAdapter else { throw CopyError.adapterHasNoUnits(folder: model) }
        let isTransposed = try ModelConfiguration.load(path: model).parts.blocks
          .contains { $0.linears.contains(where: \.isTransposed) }
        for name in weights.names {
          guard let info = weights.info(name), let values = tensors[name] else { continue }
          tensors[name] = HiddenUnits.permuted(
            values, name: name, shape: info.shape, isTransposed: isTransposed, seed: seed)
        }
      }
    }
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try writeWeights(tensors, like: weights, isAdapter: isAdapter, to: out)
    try copyDescription(of: model, isAdapter: isAdapter, to: out)
  }

  private static func floats(_ name: String, of weights: WeightSet) throws -> [Float] {
    let count = weights.info(name)?.elementCount ?? 0
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let start = buffer.baseAddress { try weights.readFloats(name, into: start) }
      initialized = count
    }
  }

  private static func addNoise(
    _ share: Double, to tensors: inout [String: [Float]], model: WeightSet, base: WeightSet?,
    seed: UInt64
  ) throws {
    var squares = 0.0
    for name in model.names {
      let origin = try base.map { try floats(name, of: $0) }
      for (index, value) in try floats(name, of: model).enumerated() {
        let change = Double(value) - Double(origin?[index] ?? 0)
        squares += change * change
      }
    }
    let deviation = share * (squares / Double(max(1, model.elementCount))).squareRoot()
    for name in model.names {
      var random = DeterministicRandom(seed: seed, domain: "genki-demo/noise/\(name)")
      tensors[name] = tensors[name]?.map { $0 + Float(deviation * random.gaussian()) }
    }
  }

  /// To the nearest, ties to even.
  private static func roundedToBfloat16(_ value: Float) -> Float {
    guard value.isFinite else { return value }
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }

  private static func writeWeights(
    _ tensors: [String: [Float]], like weights: WeightSet, isAdapter: Bool, to out: String
  ) throws {
    let file = isAdapter ? ModelFiles.adapterWeights : ModelFiles.weights
    let list = weights.names.compactMap { name in
      weights.info(name).map { (name: name, shape: $0.shape, type: $0.type) }
    }
    try SafetensorsWriter.write(to: "\(out)/\(file)", tensors: list) { name, range, target in
      guard let values = tensors[name] else { return }
      for index in range { target[index - range.lowerBound] = values[index] }
    }
  }

  private static func copyDescription(
    of model: String, isAdapter: Bool, to out: String
  ) throws {
    let name = isAdapter ? ModelFiles.adapterConfiguration : ModelFiles.configuration
    let bytes = try TextFile.readBytes(
      "\(model)/\(name)", sizeLimit: ModelFiles.configurationBytesMaximum)
    try AtomicFile.write(bytes, to: "\(out)/\(name)")
    try ModelFolder.copyCompanions(from: model, to: out)
  }
}

/// A copy that cannot be made.
public enum CopyError: ReportableError, Equatable {
  /// An adapter has no matrices of its own to permute.
  case adapterHasNoUnits(folder: String)

  /// Always bad input.
  public var kind: ErrorKind { .invalidData }
  /// Which folder.
  public var what: String {
    switch self {
    case .adapterHasNoUnits(let folder): "cannot permute hidden units of '\(folder)'"
    }
  }
  /// What stands in the way.
  public var why: String { "it is an adapter, whose hidden units are the base's" }
  /// What can be done instead.
  public var advice: String? { "copy a full model, or use another disguise" }
}
