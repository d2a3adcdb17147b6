import GenkiCore

/// Bounds of a model's sizes: no product of two of them and a few small factors leaves 64 bits, and
/// nothing that exists is beyond them.
enum ModelBounds {
  static let vocabulary = 1...(1 << 22)
  static let width = 1...(1 << 16)
  static let layers = 1...1024
  static let heads = 1...4096
  static let headSize = 1...8192
  static let intermediate = 1...(1 << 19)
  static let positions = 1...(1 << 24)
  static let tokenID = -1...Int(Int32.max)
  static let epsilon = 0.0...1.0
  static let ropeTheta = 1.0...1e12
}

extension ModelConfiguration {
  /// Reads a model's `config.json`; `path` is the file or the model's folder.
  public static func load(path: String) throws -> ModelConfiguration {
    let file = ModelFolder.file(ModelFiles.configuration, at: path)
    let json = try JSONValue.parse(file: file, sizeLimit: ModelFiles.configurationBytesMaximum)
    return try ModelConfiguration(json: json, source: file)
  }

  /// Reads a configuration as transformers 4 or 5 writes it; missing values take the class defaults.
  ///
  /// Throws `ConfigurationError` for what is out of bounds, contradictory, or not computed here.
  public init(json: JSONValue, source: String) throws {
    let reader = try ConfigurationReader(json: json, source: source)
    guard let type = try reader.optionalString("model_type") else {
      throw reader.missing("model_type")
    }
    try Self.refuseForeignFeatures(reader, type: type)
    guard let family = ModelFamily.all.first(where: { $0.name == type }) else {
      throw reader.unsupported("model_type", .string(type), allowed: ModelFamily.names)
    }
    self = try family.read(reader)
  }

  private static func refuseForeignFeatures(_ reader: ConfigurationReader, type: String) throws {
    if let text = try reader.nested("text_config") {
      throw ConfigurationError.textIsAPart(
        source: reader.source, type: type,
        textType: try text.optionalString("model_type").flatMap { name in
          ModelFamily.all.contains { $0.name == name } ? name : nil
        }, supported: ModelFamily.names)
    }
    for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
      if let value = reader.value(key) {
        throw reader.unsupported(
          key, value, allowed: "logits without a softcap, such as those of gemma3_text")
      }
    }
    for key in ["is_encoder_decoder", "add_cross_attention"]
    where try reader.bool(key, default: false) {
      throw reader.unsupported(key, true, allowed: "decoders only")
    }
    if try !reader.bool("is_causal", default: true) {
      throw reader.unsupported("is_causal", false, allowed: "models that see what came before")
    }
    for key in ["per_layer_config", "attribute_map"] {
      if let value = reader.value(key), value.objectValue?.entries.isEmpty != true {
        throw reader.unsupported(key, value, allowed: "what the other keys describe")
      }
    }
    if let value = reader.value("quantization_config") {
      throw reader.unsupported(
        "quantization_config", value,
        allowed:
          "float32, float16 or bfloat16: take the model this one was quantized from")
    }
  }
}
