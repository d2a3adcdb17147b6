import GenkiCore
import GenkiModel
import TestSupport
import Testing

/// What may come next, and how often, beside transformers' processors (Tests/Vectors/sampling).
@Suite struct SamplerTests {
  private static func vectors() throws -> JSONValue {
    try JSONValue.parse(file: Vectors.path("sampling/warpers.json"), sizeLimit: 1 << 20)
  }

  private static func settings(_ json: JSONValue) -> SamplingSettings {
    SamplingSettings(
      temperature: json["temperature"]?.doubleValue ?? 1, topK: json["top_k"]?.intValue,
      topP: json["top_p"]?.doubleValue, minP: json["min_p"]?.doubleValue,
      repetitionPenalty: json["repetition_penalty"]?.doubleValue ?? 1)
  }

  @Test func probabilitiesAreThoseOfTransformers() throws {
    let vectors = try Self.vectors()
    let text = try #require(vectors["text"]?.arrayValue).compactMap { $0.intValue.map(Int32.init) }
    let cases = try #require(vectors["cases"]?.arrayValue)
    #expect(cases.count == 38)
    for one in cases {
      let name = try #require(one["logits"]?.stringValue)
      let logits = try #require(vectors["logits"]?[name]?.arrayValue).compactMap {
        $0.doubleValue.map { Float($0) }
      }
      let wanted = try #require(one["probabilities"]?.objectValue)
      let settings = Self.settings(try #require(one["settings"]))
      var sampler = Sampler(settings: settings, seed: 1)
      sampler.note(text)
      let found = logits.withUnsafeBufferPointer { sampler.candidates($0) }
        .filter { $0.weight > 1e-30 }
      let total = found.reduce(0.0) { $0 + Double($1.weight) }
      #expect(found.count == wanted.keys.count, "\(name) \(settings)")
      for candidate in found {
        let probability = try #require(
          wanted["\(candidate.id)"]?.doubleValue, "\(name) \(settings)")
        let deviation = abs(Double(candidate.weight) / total - probability)
        #expect(deviation < 1e-6, "\(name) \(settings) id \(candidate.id)")
      }
    }
  }

  @Test(arguments: [
    SamplingSettings(temperature: 1), SamplingSettings(temperature: 0.7, topK: 20),
    SamplingSettings(temperature: 1, topP: 0.8), SamplingSettings(temperature: 1, minP: 0.05),
  ])
  func drawsFollowTheWeights(settings: SamplingSettings) {
    let logits = (0..<200).map { Float(($0 * 37) % 200) / 40 }
    var sampler = Sampler(settings: settings, seed: 7)
    let draws = 40_000
    var counts = [Int32: Int]()
    logits.withUnsafeBufferPointer { logits in
      for _ in 0..<draws { counts[sampler.next(logits), default: 0] += 1 }
      let candidates = sampler.candidates(logits)
      let total = candidates.reduce(0.0) { $0 + Double($1.weight) }
      var seen = 0
      for candidate in candidates {
        let share = Double(candidate.weight) / total
        let count = counts[candidate.id] ?? 0
        seen += count
        // Five standard deviations.
        let deviation = (share * (1 - share) / Double(draws)).squareRoot()
        #expect(abs(Double(count) / Double(draws) - share) <= 5 * deviation + 1e-4)
      }
      #expect(seen == draws)
    }
  }

  @Test func thePenaltyCountsWithoutSampling() {
    let logits: [Float] = [1, 3, 2.9, -1]
    var sampler = Sampler(
      settings: SamplingSettings(temperature: 0, repetitionPenalty: 1.2), seed: 0)
    logits.withUnsafeBufferPointer { logits in
      #expect(sampler.next(logits) == 1)
      sampler.note([1])
      #expect(sampler.next(logits) == 2)
      // Ids that are not of this vocabulary do no harm.
      sampler.note([2, -5, 4000])
      #expect(sampler.next(logits) == 1)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func brokenLogitsDoNotStopTheProgram(value: Float) {
    for settings in [
      SamplingSettings(temperature: 1), SamplingSettings(temperature: 1, topK: 2),
      SamplingSettings(temperature: 1, topP: 0.5, minP: 0.1, repetitionPenalty: 2),
    ] {
      for logits in [[value, 1, 2], [value, value, value], [1, value, 2]] {
        var sampler = Sampler(settings: settings, seed: 0)
        sampler.note([0, 1])
        let id = logits.withUnsafeBufferPointer { sampler.next($0) }
        #expect((0..<3).contains(id))
      }
    }
  }
}
