import Foundation
import GenkiCore

/// How the next token is chosen from the logits.
public struct SamplingSettings: Sendable, Equatable {
  /// 0 always takes the most likely token; otherwise logits are divided by it.
  public var temperature: Double
  /// Only the k most likely tokens are considered; nil considers all.
  public var topK: Int?
  /// Only the smallest set of most likely tokens whose probability reaches p (Holtzman 2020,
  /// arXiv 1904.09751); nil considers all.
  public var topP: Double?

  /// The most likely token, always.
  public static let greedy = SamplingSettings(temperature: 0)

  /// Settings; see the properties.
  public init(temperature: Double, topK: Int? = nil, topP: Double? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }
}

/// Chooses tokens by `SamplingSettings`, the same ones for the same seed.
struct Sampler {
  let settings: SamplingSettings
  private var random: DeterministicRandom

  init(settings: SamplingSettings, seed: UInt64) {
    self.settings = settings
    random = DeterministicRandom(seed: seed, domain: "genki-dama/sample")
  }

  /// The next token; equal logits go to the lowest id.
  mutating func next(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
    guard settings.temperature > 0 else { return Self.mostLikely(logits) }
    var order = Array(logits.indices)
    order.sort { logits[$0] > logits[$1] || (logits[$0] == logits[$1] && $0 < $1) }
    if let k = settings.topK { order = Array(order.prefix(max(1, k))) }
    guard let top = order.first else { return 0 }
    var weights = order.map { exp(Double(logits[$0] - logits[top]) / settings.temperature) }
    if let p = settings.topP {
      let wanted = weights.reduce(0, +) * p
      var sum = 0.0
      var kept = 0
      while kept < weights.count, sum < wanted || kept == 0 {
        sum += weights[kept]
        kept += 1
      }
      weights = Array(weights.prefix(kept))
    }
    var point = random.uniform() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      point -= weight
      if point < 0 { return Int32(order[index]) }
    }
    return Int32(order[weights.count - 1])
  }

  /// The id of the largest logit, the lowest of equal ones.
  static func mostLikely(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return Int32(best)
  }
}
