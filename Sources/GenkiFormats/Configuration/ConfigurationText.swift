import GenkiCore

/// A model's JSON files as text: what a finetune, a merge and a publication hand on.
///
/// A model that was made from a base has the base's configuration, byte for byte: its order, its
/// spelling, and the keys that Genki does not know. Only single values are written anew where they stand.
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
    return try replacing(typeKeys.contains, in: bytes, source: source, isDeep: false) { _, _ in
      .string(type.configurationName)
    }
  }

  /// The same text with other values of some keys; where none is replaced, the same bytes.
  ///
  /// - Parameters:
  ///   - isWanted: Whether the value of a key may be replaced; it is not looked into then.
  ///   - isDeep: Whether keys of nested objects count, too.
  ///   - replacement: The new value of such a key; nil keeps what stands there.
  /// - Throws: `JSONError` for a text that is no JSON object.
  public static func replacing(
    _ isWanted: (_ key: String) -> Bool, in bytes: [UInt8], source: String, isDeep: Bool,
    _ replacement: (_ key: String, _ value: JSONValue) -> JSONValue?
  ) throws -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var copied = 0
    try bytes.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer, source: source)
      try visit(&reader, isWanted, isDeep: isDeep) { key, value, range in
        guard let value = replacement(key, value) else { return }
        result += bytes[copied..<range.lowerBound]
        result += value.encoded().utf8
        copied = range.upperBound
      }
      try reader.finish()
    }
    return result + bytes[copied...]
  }

  /// Calls `found` with every wanted value of an object and where it stands, from front to back.
  private static func visit(
    _ reader: inout JSONReader, _ isWanted: (String) -> Bool, isDeep: Bool,
    _ found: (String, JSONValue, Range<Int>) -> Void
  ) throws {
    try reader.readObject { reader, key in
      // Peeking passes over the blanks before the value.
      _ = try reader.peek()
      let start = reader.offset
      if isWanted(key) {
        let value = try reader.readValue()
        found(key, value, start..<reader.offset)
      } else if isDeep {
        try descend(&reader, isWanted, found)
      } else {
        try reader.skipValue()
      }
    }
  }

  private static func descend(
    _ reader: inout JSONReader, _ isWanted: (String) -> Bool,
    _ found: (String, JSONValue, Range<Int>) -> Void
  ) throws {
    switch try reader.peek() {
    case .object: try visit(&reader, isWanted, isDeep: true, found)
    case .array: try reader.readArray { try descend(&$0, isWanted, found) }
    default: try reader.skipValue()
    }
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
