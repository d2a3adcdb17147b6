import GenkiCore

/// How a model's authors want its texts to be sampled: `generation_config.json` as transformers reads it.
public struct GenerationDefaults: Sendable, Equatable {
  /// Whether tokens are drawn; else the likeliest is taken.
  public var samples = false
  /// Logits are divided by it before tokens are drawn.
  public var temperature = 1.0
  /// Only so many of the likeliest tokens are drawn from; nil means all.
  public var topK: Int? = 50
  /// Only the likeliest tokens of this share of probability; nil means all.
  public var topP: Double?
  /// Only tokens at least this share as likely as the likeliest; nil means all.
  public var minP: Double?
  /// What the logits of tokens in the text are divided by; 1 changes nothing.
  public var repetitionPenalty = 1.0
  /// New tokens at most, where the file says so.
  public var maximumNewTokens: Int?
  /// Keys of the file that would change the text and are not applied, sorted.
  public var notApplied: [String] = []

  /// What transformers does without a file, and for keys that it lacks.
  public init() {}

  /// Reads a model folder's file; without one, the defaults of `init`.
  ///
  /// - Throws: `ConfigurationError` or `JSONError` naming the file.
  public static func load(folder: String) throws -> GenerationDefaults {
    guard ModelFolder.hasFile(ModelFiles.generation, in: folder) else { return .init() }
    let file = "\(folder)/\(ModelFiles.generation)"
    let json = try JSONValue.parse(file: file, sizeLimit: ModelFiles.configurationBytesMaximum)
    return try GenerationDefaults(json: json, source: file)
  }

  init(json: JSONValue, source: String) throws {
    let reader = try ConfigurationReader(json: json, source: source)
    samples = try reader.bool("do_sample", default: samples)
    temperature = try reader.double("temperature", default: temperature, in: 0...100)
    let k = try reader.int("top_k", default: topK ?? 0, in: 0...Int(Int32.max))
    topK = k > 0 ? k : nil
    let p = try reader.double("top_p", default: 1, in: 0...1)
    topP = p < 1 ? p : nil
    let least = try reader.double("min_p", default: 0, in: 0...1)
    minP = least > 0 ? least : nil
    repetitionPenalty = try reader.double(
      "repetition_penalty", default: repetitionPenalty, in: 1e-3...1e3)
    maximumNewTokens = try reader.optionalInt("max_new_tokens", in: 1...Int(Int32.max))
    notApplied = Self.neutralValues.keys.filter { key in
      guard let value = reader.value(key) else { return false }
      return !(Self.neutralValues[key] ?? []).contains { $0.says(value) }
    }.sorted()
  }

  /// A value of a key with which it changes nothing.
  private enum Neutral {
    case number(Double)
    case no

    func says(_ value: JSONValue) -> Bool {
      switch self {
      case .number(let number): value.doubleValue == number
      case .no: value.boolValue == false
      }
    }
  }

  /// Keys that change what is written and are not applied, and with what values they do not.
  private static let neutralValues: [String: [Neutral]] = [
    "num_beams": [.number(1)], "num_beam_groups": [.number(1)], "penalty_alpha": [.number(0)],
    "typical_p": [.number(1)], "top_h": [], "epsilon_cutoff": [.number(0)],
    "eta_cutoff": [.number(0)], "no_repeat_ngram_size": [.number(0)], "bad_words_ids": [],
    "force_words_ids": [], "constraints": [], "sequence_bias": [], "guidance_scale": [.number(1)],
    "min_length": [.number(0)], "min_new_tokens": [.number(0)], "forced_bos_token_id": [],
    "forced_eos_token_id": [], "suppress_tokens": [], "begin_suppress_tokens": [],
    "exponential_decay_length_penalty": [], "watermarking_config": [], "stop_strings": [],
    "dola_layers": [],
  ]
}
