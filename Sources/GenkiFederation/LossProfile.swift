/// The losses of one model on the windows of one data set.
public struct LossProfile: Sendable, Equatable {
  /// The summed loss of each window, nats.
  public private(set) var sums: [Double] = []
  /// The tokens that counted in each window.
  public private(set) var tokens: [Int] = []

  /// A profile without windows.
  public init() {}

  /// A profile of known windows.
  public init(sums: [Double], tokens: [Int]) {
    precondition(sums.count == tokens.count, "one token count for each window")
    self.sums = sums
    self.tokens = tokens
  }

  /// Adds a window.
  public mutating func append(sum: Double, tokens count: Int) {
    sums.append(sum)
    tokens.append(count)
  }

  /// All tokens that counted.
  public var tokenCount: Int { tokens.reduce(0, +) }

  /// Mean loss per token, nats; NaN without tokens.
  public var loss: Double { sums.reduce(0, +) / Double(tokenCount) }

  /// The gain of `candidate` over this base on the same windows.
  ///
  /// The gain is a ratio of sums (loss per token), so its standard error is that of a ratio
  /// estimator over windows; with windows of equal length it is the plain paired formula s/√n.
  public func gain(of candidate: LossProfile, name: String) -> LossGain.Domain {
    precondition(tokens == candidate.tokens, "base and candidate must see the same windows")
    let count = sums.count
    let delta = loss - candidate.loss
    guard count >= 2, tokenCount > 0 else {
      return LossGain.Domain(name: name, delta: delta, standardError: .infinity)
    }
    let meanTokens = Double(tokenCount) / Double(count)
    var squares = 0.0
    for window in 0..<count {
      let difference = sums[window] - candidate.sums[window]
      let residual = (difference - delta * Double(tokens[window])) / meanTokens
      squares += residual * residual
    }
    let variance = squares / Double(count - 1) / Double(count)
    return LossGain.Domain(name: name, delta: delta, standardError: variance.squareRoot())
  }
}
