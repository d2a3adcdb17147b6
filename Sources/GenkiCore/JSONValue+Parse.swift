/// How much JSON a reader accepts.
public struct JSONLimits: Sendable, Equatable {
  /// Arrays and objects inside one another; 127 is what serde_json allows.
  public var depth: Int
  /// Bytes of text.
  public var bytes: Int
  /// Values of any kind, a bound on the memory that they take.
  public var values: Int

  /// Limits; the defaults suit configuration and tokenizer files.
  public init(depth: Int = 127, bytes: Int = 256 << 20, values: Int = 16 << 20) {
    self.depth = depth
    self.bytes = bytes
    self.values = values
  }

  /// 127 levels, 256 MiB, 16 Mi values.
  public static let `default` = JSONLimits()
}

extension JSONValue {
  /// Parses one JSON text; `source` names it in errors.
  ///
  /// Throws `JSONError` with line, column and byte offset of the first mistake.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, source: String, limits: JSONLimits = .default
  ) throws -> JSONValue {
    guard bytes.count <= limits.bytes else {
      throw JSONError.tooLarge(source: source, bytes: bytes.count, limit: limits.bytes)
    }
    var reader = JSONReader(bytes, source: source, limits: limits)
    let value = try reader.readValue()
    try reader.finish()
    return value
  }

  /// Parses one JSON text; `source` names it in errors.
  public static func parse(
    _ bytes: [UInt8], source: String, limits: JSONLimits = .default
  ) throws -> JSONValue {
    try bytes.withUnsafeBytes { try parse($0, source: source, limits: limits) }
  }

  /// Parses one JSON text; `source` names it in errors.
  public static func parse(
    _ text: String, source: String, limits: JSONLimits = .default
  ) throws -> JSONValue {
    var text = text
    return try text.withUTF8 {
      try parse(UnsafeRawBufferPointer($0), source: source, limits: limits)
    }
  }

  /// Reads and parses a JSON file of at most `sizeLimit` bytes.
  public static func parse(
    file path: String, sizeLimit: Int, limits: JSONLimits = .default
  ) throws -> JSONValue {
    try parse(TextFile.readBytes(path, sizeLimit: sizeLimit), source: path, limits: limits)
  }
}

extension JSONReader {
  /// Reads any value as a tree.
  public mutating func readValue() throws -> JSONValue {
    switch try peek() {
    case .object:
      var entries: [JSONObject.Entry] = []
      try readObject { reader, key in
        entries.append((key: key, value: try reader.readValue()))
      }
      return .object(JSONObject(entries: entries))
    case .array:
      var elements: [JSONValue] = []
      try readArray { reader in elements.append(try reader.readValue()) }
      return .array(elements)
    case .string: return .string(try readString())
    case .number: return try readNumber()
    case .bool: return .bool(try readBool())
    case .null:
      try readNull()
      return .null
    }
  }
}
