import GenkiCore
import GenkiModel

/// A probe without data: windows of text that the base itself writes at temperature 1.
extension EvaluationSession {
  /// Windows that continue random first tokens; the same ones for the same seed.
  ///
  /// Costs a generation of `windows` · `blockSize` tokens with the base.
  public func sampledProbe(windows: Int, blockSize: Int, seed: UInt64) throws -> EvaluationSet {
    try loadBase()
    let generator = try makeGenerator(contextLength: blockSize + 1)
    var random = DeterministicRandom(seed: seed, domain: "genki-dama/probe")
    var batch = TokenBatch(rows: windows, blockSize: blockSize)
    for row in 0..<windows {
      let first = Int32(random.next(below: configuration.vocabularySize))
      let text =
        [first]
        + (try generator.generate(
          prompt: [first], maximumTokens: blockSize, sampling: SamplingSettings(temperature: 1),
          seed: random.nextUInt64())).ids
      for place in 0..<blockSize {
        batch.inputs[row * blockSize + place] = text[place]
        batch.targets[row * blockSize + place] = text[place + 1]
      }
    }
    return EvaluationSet(name: "text sampled from the base", windows: batch)
  }
}
