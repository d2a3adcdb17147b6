/// The gain of one candidate over the base, with its noise, per data set and in the mean.
public struct LossGain: Sendable, Equatable {
  /// One data set's part.
  public struct Domain: Sendable, Equatable {
    /// The data set.
    public var name: String
    /// Base loss − candidate loss, nats per token; negative where the candidate forgot.
    public var delta: Double
    /// Standard error of `delta` from the paired windows; infinite with fewer than two windows.
    public var standardError: Double

    /// One data set's gain.
    public init(name: String, delta: Double, standardError: Double) {
      self.name = name
      self.delta = delta
      self.standardError = standardError
    }
  }

  /// The gain of each data set.
  public var domains: [Domain]
  /// Σ w_d Δ_d.
  public var delta: Double
  /// √(Σ w_d² SE_d²): stratified by set, since pooling would count the differences between sets.
  public var standardError: Double

  /// A gain of known mean and error.
  public init(domains: [Domain], delta: Double, standardError: Double) {
    self.domains = domains
    self.delta = delta
    self.standardError = standardError
  }

  /// The mean over data sets of equal weight.
  public init(domains: [Domain]) {
    let weight = domains.isEmpty ? 0 : 1 / Double(domains.count)
    var delta = 0.0
    var variance = 0.0
    for domain in domains {
      delta += weight * domain.delta
      variance += weight * weight * domain.standardError * domain.standardError
    }
    self.init(domains: domains, delta: delta, standardError: variance.squareRoot())
  }

  /// The first data set whose gain is not a number, if any.
  public var firstNonFinite: String? { domains.first { !$0.delta.isFinite }?.name }
}
