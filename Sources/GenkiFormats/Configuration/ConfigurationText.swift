import GenkiCore

/// A model's `config.json` as text: what a finetune and a merge hand on.
///
/// A model that was made from a base has the base's configuration, byte for byte: its order, its
/// spelling, and the keys that Genki does not know. Only what the file says of the weights' storage
/// type follows the weights.
public enum ConfigurationText {
  /// The keys of the storage type: transformers 5 and 4.
  private static let typeKeys: Set = ["dtype", "torch_dtype"]

  /// The same text with the storage type that the weights have; without such a key the same bytes.
  ///
  /// - Parameters:
  ///   - type: nil keeps what stands there, for weights that are stored as the base's are.
  ///   - source: Names the file in errors.
  /// - Throws: `JSONError` for a text that is no JSON object.
  public static func setting(
    type: TensorType?, in bytes: [UInt8], source: String
  ) throws -> [UInt8] {
    guard let type else { return bytes }
    let value = Array("\"\(type.configurationName)\"".utf8)
    var result: [UInt8] = []
    var copied = 0
    for range in try typeValues(in: bytes, source: source) {
      result += bytes[copied..<range.lowerBound]
      result += value
      copied = range.upperBound
    }
    return result + bytes[copied...]
  }

  /// Where the values of the top level's type keys stand, in order.
  private static func typeValues(in bytes: [UInt8], source: String) throws -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    try bytes.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer, source: source)
      try reader.readObject { reader, key in
        // Peeking passes over the blanks before the value.
        _ = try reader.peek()
        let start = reader.offset
        try reader.skipValue()
        if typeKeys.contains(key) { ranges.append(start..<reader.offset) }
      }
      try reader.finish()
    }
    return ranges
  }
}

extension TensorType {
  /// What a configuration calls a storage type of weights.
  public var configurationName: String {
    switch self {
    case .BF16: "bfloat16"
    case .F16: "float16"
    default: "float32"
    }
  }
}
