import Foundation

/// The learning rate of every step: a pure function, so that a resumed run goes on as it began.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The shape after the warmup.
  public enum Kind: String, Sendable, CaseIterable {
    /// The peak until the end.
    case constant
    /// A straight line from the peak to 0.
    case linear
    /// Half a cosine from the peak to 0.
    case cosine
  }

  /// The shape after the warmup.
  public let kind: Kind
  /// The highest rate.
  public let peak: Double
  /// Steps until the peak.
  public let warmupSteps: Int
  /// All steps of the run.
  public let totalSteps: Int

  /// - Parameters:
  ///   - warmupSteps: Step s < warmupSteps has the rate peak · (s + 1) / warmupSteps.
  ///   - totalSteps: Where `linear` and `cosine` would reach 0; the last step stays above it.
  public init(kind: Kind, peak: Double, warmupSteps: Int, totalSteps: Int) {
    self.kind = kind
    self.peak = peak
    self.warmupSteps = max(0, warmupSteps)
    self.totalSteps = max(1, totalSteps)
  }

  /// The rate of a step, counted from 0.
  public func rate(step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    let length = max(1, totalSteps - warmupSteps)
    let progress = min(1, Double(step - warmupSteps) / Double(length))
    switch kind {
    case .constant: return peak
    case .linear: return peak * (1 - progress)
    case .cosine: return peak * 0.5 * (1 + cos(Double.pi * progress))
    }
  }
}
