import GenkiCore

/// How queries and keys of a layer turn with their positions (rotary positions, Su 2021, arXiv 2104.09864).
public struct Rotation: Sendable, Equatable {
  /// How frequencies are changed for long contexts.
  public enum Scaling: Sendable, Equatable {
    case none
    /// Long waves turn `factor` times slower, short ones stay.
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
      originalMaxPositions: Int)
    /// All turn `factor` times slower.
    case linear(factor: Double)
    /// Nothing changes within the positions of the model, and no further text is taken.
    case dynamic(factor: Double)
    case yarn(Yarn)
  }

  /// YaRN (Peng 2023, arXiv 2309.00071): waves that turn less than `betaSlow` times in the original context are
  /// slowed by `factor`, those that turn more than `betaFast` times stay.
  public struct Yarn: Sendable, Equatable {
    public var factor: Double
    /// What cosines and sines are multiplied by.
    public var attentionFactor: Double
    public var betaFast: Double
    public var betaSlow: Double
    public var originalMaxPositions: Int
    /// The bounds of the ramp are whole dimensions.
    public var truncates: Bool
  }

  /// The base of the frequencies theta^(−2i/dimensions).
  public var theta: Double
  /// How they are changed.
  public var scaling: Scaling
  /// The first so many dimensions of a head rotate: an even number, at most the head's size.
  public var dimensions: Int

  /// The share of a head that rotates, such that its product with the head's size is `dimensions` again.
  func share(of headSize: Int) -> Double {
    let share = Double(dimensions) / Double(headSize)
    return Int(share * Double(headSize)) < dimensions ? share.nextUp : share
  }
}

extension Rotation.Scaling {
  /// `rope_scaling`.
  var json: JSONValue {
    switch self {
    case .none: .null
    case .llama3(let factor, let low, let high, let positions):
      [
        "rope_type": "llama3", "factor": .number(factor), "low_freq_factor": .number(low),
        "high_freq_factor": .number(high),
        "original_max_position_embeddings": JSONValue(positions),
      ]
    case .linear(let factor): ["rope_type": "linear", "factor": .number(factor)]
    case .dynamic(let factor): ["rope_type": "dynamic", "factor": .number(factor)]
    case .yarn(let yarn):
      [
        "rope_type": "yarn", "factor": .number(yarn.factor),
        "attention_factor": .number(yarn.attentionFactor),
        "beta_fast": .number(yarn.betaFast), "beta_slow": .number(yarn.betaSlow),
        "original_max_position_embeddings": JSONValue(yarn.originalMaxPositions),
        "truncate": .bool(yarn.truncates),
      ]
    }
  }
}
