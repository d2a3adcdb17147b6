/// Chooses how far the base moves along the aggregated change, by what held-out text says.
public enum GuardedStep {
  /// The steps that are tried, longest first.
  public static let steps = [1, 0.75, 0.5, 0.25, 0.125]

  /// The bounds of the choice; they come from the round's manifest.
  public struct Rules: Sendable, Equatable {
    /// No data set may become worse than the base by more than this, nats per token.
    public var regressionMaximum: Double
    /// The mean gain must exceed this many standard errors.
    public var noiseFloorErrors: Double

    /// The defaults are those of a round whose manifest says nothing else.
    public init(regressionMaximum: Double = 0.02, noiseFloorErrors: Double = 2) {
      self.regressionMaximum = regressionMaximum
      self.noiseFloorErrors = noiseFloorErrors
    }
  }

  /// What one step would bring.
  public struct Trial: Sendable, Equatable {
    /// How far along the combined change.
    public var step: Double
    /// The gain over the base there.
    public var gain: LossGain
    /// The share of the weights that the step moves which still differ from the base once they are
    /// rounded to the Dama's type; nil where nothing is rounded.
    public var changesKept: Double?

    /// A trial; see the properties.
    public init(step: Double, gain: LossGain, changesKept: Double? = nil) {
      self.step = step
      self.gain = gain
      self.changesKept = changesKept
    }
  }

  /// The allowed trial with the largest mean gain above the noise; the longer step wins a tie.
  /// Nil means "no improvement": the base stays.
  public static func choice(_ trials: [Trial], rules: Rules = Rules()) -> Trial? {
    var best: Trial?
    for trial in trials where isAllowed(trial, rules) {
      guard trial.gain.delta > rules.noiseFloorErrors * trial.gain.standardError else { continue }
      if let chosen = best, trial.gain.delta < chosen.gain.delta { continue }
      if let chosen = best, trial.gain.delta == chosen.gain.delta, trial.step < chosen.step {
        continue
      }
      best = trial
    }
    return best
  }

  private static func isAllowed(_ trial: Trial, _ rules: Rules) -> Bool {
    trial.gain.domains.allSatisfy { $0.delta >= -rules.regressionMaximum }
  }
}
