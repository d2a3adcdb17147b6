import GenkiFormats

/// The allowed ranges; every error names the option and what it takes.
extension FinetuneOptions {
  /// Throws `FinetuneError.option` for the first value out of its range.
  public func validate() throws {
    guard !data.isEmpty else {
      throw FinetuneError.option(
        name: "--data", why: "no file is given", advice: "give one or more")
    }
    try validateLength()
    try validateOptimizer()
    try validateLora()
    try Self.check("--eval-fraction", evaluationFraction ?? 0, in: 0...0.9)
    try Self.check("--eval-every", evaluationEvery, in: 0...Self.stepsMaximum)
    try Self.check("--checkpoint-every", checkpointEvery, in: 0...Self.stepsMaximum)
    try Self.check("--threads", threads ?? 1, in: 1...256)
    try Self.check("--bad-lines", badLinesMaximum, in: 0...1_000_000_000)
    if order == .sequential, data.count != 1 {
      throw FinetuneError.option(
        name: "--order sequential", why: "\(data.count) data files are given",
        advice: "it takes exactly one plain-text file")
    }
  }

  /// The most steps of a run.
  public static let stepsMaximum = 100_000_000
  /// The most tokens of a step.
  public static let stepTokensMaximum = 1 << 30

  private func validateLength() throws {
    switch length {
    case .steps(let steps): try Self.check("--steps", steps, in: 1...Self.stepsMaximum)
    case .epochs(let epochs): try Self.check("--epochs", epochs, above: 0, through: 1e6)
    }
    try Self.check("--batch", batchRows, in: 1...1_048_576)
    try Self.check("--gradient-accumulation", gradientAccumulation, in: 1...65_536)
    try Self.check("--block-size", blockSize ?? 1, in: 1...1_048_576)
    let (rows, first) = batchRows.multipliedReportingOverflow(by: gradientAccumulation)
    let (tokens, second) = rows.multipliedReportingOverflow(by: blockSize ?? 1)
    guard !first, !second, tokens <= Self.stepTokensMaximum else {
      throw FinetuneError.option(
        name: "--batch", why: "a step would have more than \(Self.stepTokensMaximum) tokens",
        advice: "lower --batch, --gradient-accumulation or --block-size")
    }
  }

  private func validateOptimizer() throws {
    try Self.check("--learning-rate", effectiveLearningRate, in: 0...10)
    try Self.check("--warmup-steps", warmupSteps, in: 0...Self.stepsMaximum)
    try Self.check("--weight-decay", weightDecay, in: 0...10)
    try Self.check("--beta1", beta1, from: 0, below: 1)
    try Self.check("--beta2", beta2, from: 0, below: 1)
    try Self.check("--epsilon", epsilon, above: 0, through: 1)
    if let clipNorm { try Self.check("--clip-norm", clipNorm, above: 0, through: 1e9) }
  }

  private func validateLora() throws {
    try validateAdapter()
    try Self.check("--rank", effectiveRank, in: 1...AdapterConfiguration.rankMaximum)
    try Self.check("--alpha", alphaOrRank, above: 0, through: 1e6)
    try Self.check("--dropout", dropout ?? 0, from: 0, below: 1)
    if let targetModules, targetModules.isEmpty || targetModules.contains("") {
      throw FinetuneError.option(
        name: "--target-modules", why: "a name is empty", advice: "for example q_proj,v_proj")
    }
  }

  /// An adapter that is gone on with is what it is.
  private func validateAdapter() throws {
    guard adapter != nil else { return }
    guard method == .lora else {
      throw FinetuneError.option(
        name: "--method \(method.rawValue)", why: "--adapter names a LoRA adapter to train",
        advice: "leave out --method, or --adapter")
    }
    for (name, isGiven) in [
      ("--rank", rank != nil), ("--alpha", alpha != nil),
      ("--target-modules", targetModules != nil),
    ] where isGiven {
      throw FinetuneError.option(
        name: name, why: "the adapter that --adapter names has its own",
        advice: "leave out \(name), or begin a fresh adapter without --adapter")
    }
  }

  private static func check<T: Comparable>(
    _ name: String, _ value: T, in range: ClosedRange<T>
  ) throws {
    guard range.contains(value) else {
      throw outOfRange(name, value, "from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  private static func check(
    _ name: String, _ value: Double, above lower: Double, through upper: Double
  ) throws {
    guard value > lower, value <= upper else {
      throw outOfRange(name, value, "above \(lower), at most \(upper)")
    }
  }

  private static func check(
    _ name: String, _ value: Double, from lower: Double, below upper: Double
  ) throws {
    guard value >= lower, value < upper else {
      throw outOfRange(name, value, "from \(lower), below \(upper)")
    }
  }

  private static func outOfRange<T>(_ name: String, _ value: T, _ allowed: String) -> FinetuneError
  {
    .option(name: name, why: "\(value) is out of range", advice: "allowed is \(allowed)")
  }
}
