import GenkiFormats

/// How the next token is chosen from the logits. The order is that of transformers: penalty, temperature,
/// top k, top p, min p.
public struct SamplingSettings: Sendable, Equatable {
  /// 0 always takes the most likely token; otherwise logits are divided by it.
  public var temperature: Double
  /// Only the k most likely tokens are considered, and those as likely as the last of them; nil considers
  /// all.
  public var topK: Int?
  /// Only the smallest set of most likely tokens whose probability reaches p (Holtzman 2020,
  /// arXiv 1904.09751); nil considers all.
  public var topP: Double?
  /// Only tokens at least this share as likely as the most likely one (Nguyen 2024, arXiv 2407.01082); nil
  /// considers all.
  public var minP: Double?
  /// Logits of tokens that are in the text are divided by it where positive, multiplied where negative
  /// (Keskar 2019, arXiv 1909.05858); 1 changes nothing.
  public var repetitionPenalty: Double

  /// The most likely token, always.
  public static let greedy = SamplingSettings(temperature: 0)

  /// Settings; see the properties.
  public init(
    temperature: Double, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil,
    repetitionPenalty: Double = 1
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
  }

  /// What a model's `generation_config.json` asks for.
  public init(_ defaults: GenerationDefaults) {
    self.init(
      temperature: defaults.samples ? defaults.temperature : 0, topK: defaults.topK,
      topP: defaults.topP, minP: defaults.minP, repetitionPenalty: defaults.repetitionPenalty)
  }
}
