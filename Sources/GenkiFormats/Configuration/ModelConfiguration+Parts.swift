import GenkiCore

/// The pieces of a `config.json` that the families share.
extension ModelConfiguration {
  static func vocabulary(_ reader: ConfigurationReader, default fallback: Int) throws -> Int {
    try reader.int("vocab_size", default: fallback, in: ModelBounds.vocabulary)
  }

  static func initializerRange(_ reader: ConfigurationReader) throws -> Double {
    try reader.double("initializer_range", default: 0.02, in: 0...1)
  }

  /// An explicit null means none; a missing key means the class default; −1 was once used for none.
  static func tokenID(
    _ reader: ConfigurationReader, _ key: String, default fallback: Int?
  ) throws -> Int? {
    guard reader.has(key) else { return fallback }
    let id = try reader.optionalInt(key, in: ModelBounds.tokenID)
    return id == -1 ? nil : id
  }

  /// One id, a list of at most 64, or none.
  static func endTokenIDs(
    _ reader: ConfigurationReader, default fallback: Int?
  ) throws -> [Int] {
    let key = "eos_token_id"
    guard let list = reader.value(key)?.arrayValue else {
      return try tokenID(reader, key, default: fallback).map { [$0] } ?? []
    }
    guard list.count <= 64 else {
      throw reader.inconsistent(key, "\(list.count) ids are more than 64")
    }
    return try list.map { try reader.int($0, key: key, in: 0...Int(Int32.max)) }
  }

  static func activation(
    _ reader: ConfigurationReader, _ key: String, default fallback: Activation
  ) throws -> Activation {
    guard let name = try reader.optionalString(key) else { return fallback }
    guard let known = Activation.all.first(where: { $0.names.contains(name) }) else {
      throw reader.unsupported(
        key, .string(name), allowed: Activation.all.flatMap(\.names).joined(separator: ", "))
    }
    return known
  }

  /// `pad_token_id` as the `padding_idx` of PyTorch's embeddings: a negative one counts from the end, and one
  /// outside of the vocabulary is none.
  static func paddingRow(
    _ reader: ConfigurationReader, default fallback: Int?, vocabulary: Int
  ) throws -> Int? {
    let key = "pad_token_id"
    let id = reader.has(key) ? try reader.optionalInt(key, in: ModelBounds.tokenID) : fallback
    return id.map { $0 < 0 ? vocabulary + $0 : $0 }.flatMap { $0 < vocabulary ? $0 : nil }
  }

  /// The head size of a model whose heads share its width.
  static func headSize(
    _ reader: ConfigurationReader, width: Int, heads: Int, _ key: String
  ) throws -> Int {
    guard width % heads == 0 else {
      throw reader.inconsistent(key, "\(heads) heads do not divide a hidden size of \(width)")
    }
    return width / heads
  }
}
