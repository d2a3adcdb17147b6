import Foundation
import GenkiCore

/// A model stored again in a narrower type, for those who only want to use it.
public enum RoundedModel {
  /// Writes weights rounded to `type` (to nearest, ties to even), the model's own configuration with
  /// that type, and everything else that it hands on.
  ///
  /// One chunk of memory, whatever the size of the model. A tensor keeps its name and shape.
  ///
  /// - Parameters:
  ///   - type: BF16 or F16.
  ///   - out: A folder whose files of these names are replaced.
  public static func write(of model: String, to out: String, type: TensorType) throws {
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try MappedFiles.checked {
      let weights = try WeightSet.open(folder: model)
      let tensors = weights.names.compactMap { name in
        weights.info(name).map { (name: name, shape: $0.shape, type: type) }
      }
      try SafetensorsWriter.write(to: "\(out)/\(ModelFiles.weights)", tensors: tensors) {
        try weights.readFloats($0, range: $1, into: $2)
      }
    }
    try ModelFolder.writeConfiguration(from: model, to: out, type: type)
    try ModelFolder.copyCompanions(from: model, to: out)
  }

  /// Whether every tensor of a model is stored in this type already.
  public static func isStored(_ model: String, as type: TensorType) throws -> Bool {
    let weights = try WeightSet.open(folder: model)
    return weights.names.allSatisfy { weights.info($0)?.type == type }
  }
}
