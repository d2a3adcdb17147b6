import GenkiCore

/// How configurations say which layers see a window of keys only: position j where i − window < j ≤ i.
enum SlidingWindow {
  private static let key = "sliding_window"
  private static let typesKey = "layer_types"
  private static let full = "full_attention"
  private static let sliding = "sliding_attention"

  /// The window; null is none, a missing key the class default.
  static func size(_ reader: ConfigurationReader, default fallback: Int?) throws -> Int? {
    guard reader.has(key) else { return fallback }
    return try reader.optionalInt(key, in: ModelBounds.positions)
  }

  static func kind(_ window: Int?) -> ModelConfiguration.AttentionKind {
    window.map { .local(window: $0) } ?? .global
  }

  /// As `layer_types` says; without it the layers that `slides` names have the window, if there is one.
  static func layers(
    _ reader: ConfigurationReader, layers: Int, window: Int?, slides: (Int) -> Bool
  ) throws -> [ModelConfiguration.AttentionKind] {
    guard let value = reader.value(typesKey) else {
      return (0..<layers).map { slides($0) ? kind(window) : .global }
    }
    guard let types = value.arrayValue else {
      throw reader.wrongType(typesKey, "a list of strings", value)
    }
    guard types.count == layers else {
      throw reader.inconsistent(typesKey, "has \(types.count) entries for \(layers) layers")
    }
    return try types.map { type in
      switch type.stringValue {
      case full: return .global
      case sliding:
        guard let window else {
          throw reader.inconsistent(
            typesKey, "names layers with a window, and sliding_window is null or switched off")
        }
        return .local(window: window)
      default: throw reader.unsupported(typesKey, type, allowed: "\(full), \(sliding)")
      }
    }
  }

  /// Qwen's rule: layers from `max_window_layers` on, if `use_sliding_window` is on.
  static func qwenLayers(
    _ reader: ConfigurationReader, layers: Int
  ) throws -> [ModelConfiguration.AttentionKind] {
    let first = try reader.int("max_window_layers", default: 28, in: 0...(1 << 24))
    let isOn = try reader.bool("use_sliding_window", default: false)
    return try Self.layers(
      reader, layers: layers, window: isOn ? try size(reader, default: 4096) : nil
    ) { $0 >= first }
  }

  /// The window of the layers that have one.
  static func json(_ c: ModelConfiguration) -> JSONValue {
    window(c).map { JSONValue($0) } ?? .null
  }

  private static func window(_ c: ModelConfiguration) -> Int? {
    for case .local(let window) in c.attention { return window }
    return nil
  }

  /// Writes the window and, layer by layer, who has it.
  static func writeLayers(_ c: ModelConfiguration, into object: inout JSONObject) {
    let window = window(c)
    object["use_sliding_window"] = .bool(window != nil)
    object[key] = json(c)
    guard window != nil else { return }
    object[typesKey] = types(c)
  }

  /// `layer_types`.
  static func types(_ c: ModelConfiguration) -> JSONValue {
    .array(c.attention.map { .string($0 == .global ? full : sliding) })
  }
}
