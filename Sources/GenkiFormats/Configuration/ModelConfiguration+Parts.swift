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

  static func requireActivation(
    _ reader: ConfigurationReader, _ key: String, _ names: [String]
  ) throws {
    guard let name = try reader.optionalString(key) else { return }
    guard names.contains(name) else {
      throw reader.unsupported(key, .string(name), allowed: names.joined(separator: ", "))
    }
  }

  static func evenHeadSize(
    _ reader: ConfigurationReader, width: Int, heads: Int
  ) throws -> Int {
    guard width % heads == 0 else {
      throw reader.inconsistent(
        "number of heads", "\(heads) heads do not divide a hidden size of \(width)")
    }
    return width / heads
  }

  /// head_dim where it is given; rotary positions need an even one.
  static func rotaryHeadSize(
    _ reader: ConfigurationReader, family: Family, width: Int, heads: Int
  ) throws -> Int {
    let isDefault128 = family == .qwen3 && !reader.has("head_dim")
    let size =
      try reader.optionalInt("head_dim", in: ModelBounds.headSize)
      ?? (isDefault128 ? 128 : evenHeadSize(reader, width: width, heads: heads))
    guard size % 2 == 0 else {
      throw reader.inconsistent("head_dim", "rotary positions need an even size, not \(size)")
    }
    return size
  }

  /// Null means as many as heads; Qwen's class default is 32.
  static func keyValueHeads(
    _ reader: ConfigurationReader, isLlama: Bool, heads: Int
  ) throws -> Int {
    let key = "num_key_value_heads"
    let fallback = isLlama || reader.has(key) ? heads : 32
    let count = try reader.int(key, default: fallback, in: ModelBounds.heads)
    guard heads % count == 0 else {
      throw reader.inconsistent(key, "\(count) does not divide \(heads) heads")
    }
    return count
  }

  static func refuseSlidingWindows(_ reader: ConfigurationReader, layers: Int) throws {
    if try reader.bool("use_sliding_window", default: false) {
      throw reader.unsupported("use_sliding_window", true, allowed: "false")
    }
    guard let value = reader.value("layer_types") else { return }
    guard let types = value.arrayValue else {
      throw reader.wrongType("layer_types", "an array", value)
    }
    guard types.count == layers else {
      throw reader.inconsistent(
        "layer_types", "has \(types.count) entries for \(layers) layers")
    }
    for type in types where type.stringValue != "full_attention" {
      throw reader.unsupported("layer_types", type, allowed: "full_attention")
    }
  }

  static func gpt2Scales(
    headSize: Int, layers: Int, byHeadSize: Bool, byLayer: Bool
  ) -> [Double] {
    (0..<layers).map { layer in
      (byHeadSize ? 1 / Double(headSize).squareRoot() : 1) / (byLayer ? Double(layer + 1) : 1)
    }
  }

  /// attention_types repeats inner lists; attention_layers, where it stands too, must say the same.
  static func gptNeoAttention(
    _ reader: ConfigurationReader, layers: Int
  ) throws -> [AttentionKind] {
    let window = try reader.int("window_size", default: 256, in: ModelBounds.positions)
    var names: [String]?
    if let types = reader.value("attention_types") {
      names = try expand(types, reader: reader, layers: layers)
    }
    if let value = reader.value("attention_layers") {
      guard let list = value.arrayValue, list.count == layers else {
        throw reader.inconsistent("attention_layers", "must be a list with one entry a layer")
      }
      let listed = try list.map { entry in
        guard let name = entry.stringValue else {
          throw reader.wrongType("attention_layers", "a list of strings", entry)
        }
        return name
      }
      guard names ?? listed == listed else {
        throw reader.inconsistent("attention_layers", "contradicts attention_types")
      }
      names = listed
    }
    if names == nil, layers != 24 {
      throw reader.inconsistent(
        "attention_types", "is missing, and its default is for 24 layers, not \(layers)")
    }
    return try (names ?? (0..<24).map { $0 % 2 == 0 ? "global" : "local" }).map { name in
      switch name {
      case "global": return .global
      case "local": return .local(window: window)
      default:
        throw reader.unsupported("attention_types", .string(name), allowed: "global, local")
      }
    }
  }

  private static func expand(
    _ types: JSONValue, reader: ConfigurationReader, layers: Int
  ) throws -> [String] {
    let key = "attention_types"
    guard let items = types.arrayValue else { throw reader.wrongType(key, "an array", types) }
    var names: [String] = []
    for item in items {
      guard let pair = item.arrayValue, pair.count == 2, let kinds = pair[0].arrayValue,
        let count = pair[1].intValue
      else { throw reader.inconsistent(key, "each entry must be [[names], count]") }
      let group = kinds.compactMap(\.stringValue)
      guard group.count == kinds.count, count >= 0 else {
        throw reader.inconsistent(key, "each entry must be [[names], count]")
      }
      // Both factors are bounded by the number of layers before anything is repeated.
      guard group.isEmpty || count <= layers, group.count <= layers,
        names.count + group.count * min(count, layers) <= layers
      else { throw reader.inconsistent(key, "describes more than the \(layers) layers") }
      if !group.isEmpty { for _ in 0..<count { names += group } }
    }
    guard names.count == layers else {
      throw reader.inconsistent(key, "describes \(names.count) layers, not \(layers)")
    }
    return names
  }
}

/// Rotary parameters, from `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling`.
struct RopeReader {
  let theta: Double
  let scaling: ModelConfiguration.RopeScaling

  init(_ reader: ConfigurationReader) throws {
    let topTheta = try reader.double("rope_theta", default: 10000, in: ModelBounds.ropeTheta)
    try Self.refusePartial(reader)
    let parameters = try ["rope_scaling", "rope_parameters"].lazy
      .compactMap { try reader.nested($0) }.first { !$0.object.entries.isEmpty }
    guard let nested = parameters else {
      theta = topTheta
      scaling = .none
      return
    }
    try Self.refusePartial(nested)
    for (key, value) in nested.object.entries where value.objectValue != nil {
      throw nested.unsupported(key, value, allowed: "one set of rotary parameters for all layers")
    }
    theta = try nested.double("rope_theta", default: topTheta, in: ModelBounds.ropeTheta)
    switch try nested.optionalString("rope_type", "type") ?? "default" {
    case "default": scaling = .none
    case "llama3": scaling = try Self.llama3(nested)
    case let other:
      throw nested.unsupported("rope_type", .string(other), allowed: "default, llama3")
    }
  }

  private static func refusePartial(_ reader: ConfigurationReader) throws {
    if let value = reader.value("partial_rotary_factor"), value.doubleValue != 1 {
      throw reader.unsupported("partial_rotary_factor", value, allowed: "1")
    }
  }

  private static func llama3(
    _ reader: ConfigurationReader
  ) throws -> ModelConfiguration.RopeScaling {
    let low = try reader.requiredDouble("low_freq_factor", in: 1e-6...1e6)
    let high = try reader.requiredDouble("high_freq_factor", in: 1e-6...1e6)
    guard low < high else {
      throw reader.inconsistent("high_freq_factor", "must be above low_freq_factor")
    }
    let key = "original_max_position_embeddings"
    guard let positions = try reader.optionalInt(key, in: ModelBounds.positions) else {
      throw reader.missing(key)
    }
    return .llama3(
      factor: try reader.requiredDouble("factor", in: 1...1e6), lowFrequencyFactor: low,
      highFrequencyFactor: high, originalMaxPositions: positions)
  }
}
