import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import TestSupport
import Testing

/// One case of `Tests/Vectors/compute`: a small model of one family with float64 reference values.
struct VectorCase: CustomTestStringConvertible {
  static let names = [
    "gpt_neo", "gpt2", "gpt2_conv_lora", "gpt_neox", "gpt_neox_sequential", "llama_tied",
    "llama_untied", "llama3_rope", "llama_rope_linear", "llama_rope_yarn", "llama_rope_dynamic",
    "llama_pad", "mistral", "mistral_window", "qwen2", "qwen2_window_unused", "qwen3", "smollm3",
    "olmo2", "gemma3_text", "phi3", "phi3_pad", "granite",
  ]
  /// Those with weights in bfloat16 and the logits that they give.
  static let rounded = ["llama_tied", "mistral", "smollm3", "gemma3_text", "phi3"]
  /// Those that come in the keys of transformers 4, too.
  static let withOldSpelling = Set(names).subtracting([
    "gpt_neo", "gpt2", "gpt2_conv_lora", "llama_tied", "llama_untied", "llama3_rope", "qwen2",
    "qwen3",
  ])
  static var all: [VectorCase] { names.map(VectorCase.init(name:)) }

  let name: String
  var testDescription: String { name }
  var folder: String { Vectors.path("compute/" + name) }

  func file() throws -> SafetensorsFile {
    try SafetensorsFile(path: folder + "/vectors.safetensors")
  }

  func meta() throws -> JSONValue {
    try JSONValue.parse(
      [UInt8](try Data(contentsOf: URL(filePath: folder + "/meta.json"))), source: "meta.json")
  }

  /// Elements whose gradient is zero by the mathematics, so that what moves them is rounding noise over epsilon:
  /// three learning rates bound it, in PyTorch too.
  func zeroGradient(_ parameter: Parameter) throws -> Set<Int> {
    if let indices = try meta()["zero_gradient"]?[parameter.name]?.arrayValue {
      return Set(indices.compactMap(\.intValue))
    }
    // The keys' bias (softmax does not see a shift), the middle third.
    guard parameter.name.hasSuffix("c_attn.bias") else { return [] }
    return Set(parameter.count / 3..<2 * parameter.count / 3)
  }

  /// A tensor of the case as doubles, whatever floating type it is stored in.
  static func doubles(_ file: SafetensorsFile, _ name: String) throws -> [Double] {
    guard let info = file[name] else { throw VectorError.missing(name) }
    return file.withBytes(of: info) { bytes in
      let width = bytes.count / max(1, info.elementCount)
      return (0..<info.elementCount).map { index in
        width == 8
          ? bytes.loadUnaligned(fromByteOffset: 8 * index, as: Double.self)
          : Double(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
      }
    }
  }

  static func integers(_ file: SafetensorsFile, _ name: String) throws -> [Int] {
    guard let info = file[name] else { throw VectorError.missing(name) }
    return file.withBytes(of: info) { bytes in
      let width = bytes.count / max(1, info.elementCount)
      return (0..<info.elementCount).map { index in
        width == 8
          ? Int(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
          : Int(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
      }
    }
  }

  /// Batch s of the case, with targets shifted by one as transformers does inside its models.
  func batch(_ file: SafetensorsFile, _ step: Int) throws -> TokenBatch {
    guard let shape = file["input_ids"]?.shape, shape.count == 3 else {
      throw VectorError.missing("input_ids")
    }
    let (rows, block) = (shape[1], shape[2])
    let from = step * rows * block
    let ids = try Self.integers(file, "input_ids")[from..<(from + rows * block)].map(Int32.init)
    let labels = try Self.integers(file, "labels")[from..<(from + rows * block)].map(Int32.init)
    var targets = [Int32](repeating: TokenBatch.ignoredTarget, count: rows * block)
    for row in 0..<rows {
      for position in 0..<(block - 1) {
        targets[row * block + position] = labels[row * block + position + 1]
      }
    }
    return TokenBatch(rows: rows, blockSize: block, inputs: ids, targets: targets)
  }
}

enum VectorError: Error {
  case missing(String)
}

/// The largest absolute difference of two sequences; infinite when they differ in length or hold NaN.
func largestDeviation(_ found: some Collection<Float>, _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  var largest = 0.0
  for (a, b) in zip(found, expected) {
    let deviation = abs(Double(a) - b)
    if !(deviation <= largest) { largest = deviation.isNaN ? .infinity : deviation }
  }
  return largest
}
