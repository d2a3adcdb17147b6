import Foundation
import GenkiCore
import GenkiFederation
import GenkiFormats
import TestSupport

/// Small weight folders of known values.
enum WeightFolder {
  typealias Tensor = (name: String, shape: [Int], values: [Float])

  /// Writes a `model.safetensors` and returns its folder.
  @discardableResult
  static func write(
    _ tensors: [Tensor], in folder: TemporaryFolder, _ name: String, type: TensorType = .F32,
    file: String = ModelFiles.weights
  ) throws -> String {
    let path = folder.file(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    try SafetensorsWriter.write(
      to: path + "/" + file, tensors: tensors.map { ($0.name, $0.shape, type) }
    ) { name, range, out in
      for (place, index) in range.enumerated() { out[place] = values[name]?[index] ?? 0 }
    }
    return path
  }

  /// Writes a LoRA adapter.
  static func writeAdapter(
    _ tensors: [Tensor], configuration: AdapterConfiguration, in folder: TemporaryFolder,
    _ name: String
  ) throws -> String {
    let path = try write(tensors, in: folder, name, file: ModelFiles.adapterWeights)
    try AtomicFile.write(
      configuration.encoded().encoded(), to: path + "/" + ModelFiles.adapterConfiguration)
    return path
  }

  /// All values of a folder's weights, by name.
  static func read(_ folder: String) throws -> [String: [Float]] {
    let weights = try WeightSet.open(folder: folder)
    var result: [String: [Float]] = [:]
    for name in weights.names {
      guard let info = weights.info(name) else { continue }
      result[name] = try [Float](unsafeUninitializedCapacity: info.elementCount) { buffer, count in
        if let start = buffer.baseAddress { try weights.readFloats(name, into: start) }
        count = info.elementCount
      }
    }
    return result
  }

  /// Values of a normal distribution.
  static func normal(_ count: Int, _ seed: UInt64, scale: Float = 1) -> [Float] {
    var random = DeterministicRandom(seed: seed, domain: "test/weights")
    return (0..<count).map { _ in Float(random.gaussian()) * scale }
  }

  static func largestDifference(_ one: [Float], _ other: [Float]) -> Float {
    one.count == other.count ? zip(one, other).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }
}
