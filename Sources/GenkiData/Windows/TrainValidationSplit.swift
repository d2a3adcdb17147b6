import GenkiCore

/// Which windows are trained on and which are held out, a function of count, fraction and seed.
public struct TrainValidationSplit: Sendable, Equatable {
  /// Window numbers to train on, ascending.
  public let train: [Int]
  /// Window numbers held out, ascending.
  public let validation: [Int]

  /// Holds out a random share of the windows.
  ///
  /// With a fraction above 0 and at least two windows, both sides get at least one; with fewer,
  /// nothing is held out. A fraction outside 0 ... 1 counts as the nearer bound, and one that is not a
  /// number as 0.
  public init(windowCount: Int, fraction: Double, seed: UInt64) {
    guard windowCount > 1, fraction > 0 else {
      train = Array(0..<max(windowCount, 0))
      validation = []
      return
    }
    let wanted = (Double(windowCount) * min(fraction, 1)).rounded()
    let count = min(max(Int(wanted), 1), windowCount - 1)
    let order = DeterministicRandom.permutation(
      count: windowCount, seed: seed, domain: "genki/data/validation")
    validation = order.prefix(count).sorted()
    train = order.dropFirst(count).sorted()
  }
}
