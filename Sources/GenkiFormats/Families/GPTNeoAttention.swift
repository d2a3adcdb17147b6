import GenkiCore

/// How GPT-Neo says which layers see a window of keys only.
enum GPTNeoAttention {
  /// attention_types repeats inner lists; attention_layers, where it stands too, must say the same.
  static func attention(
    _ reader: ConfigurationReader, layers: Int
  ) throws -> [ModelConfiguration.AttentionKind] {
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

  /// Writes the kinds of the layers, in both forms.
  static func write(_ c: ModelConfiguration, into object: inout JSONObject) {
    let names: [JSONValue] = c.attention.map { $0 == .global ? "global" : "local" }
    let period =
      (1...max(1, names.count)).first { period in
        names.count % period == 0
          && names.indices.allSatisfy { names[$0] == names[$0 % period] }
      } ?? names.count
    let window = c.attention.lazy.compactMap { kind -> Int? in
      if case .local(let window) = kind { return window }
      return nil
    }.first
    object["attention_types"] = [
      [.array(Array(names.prefix(period))), JSONValue(names.count / max(1, period))]
    ]
    object["attention_layers"] = .array(names)
    object["window_size"] = JSONValue(window ?? 256)
  }
}
