/// How many steps a number of passes takes.
enum RunLength {
  /// A hair less than the product, so that 1.1 passes over ten windows are eleven of them.
  private static let productError = 1e-12

  /// The fewest steps that see `epochs` times `windows` windows: three passes over nine windows in
  /// steps of eight are four steps, since a step goes on with the next pass's windows.
  static func steps(epochs: Double, windows: Int, rowsPerStep: Int) -> Int {
    let wanted = epochs * Double(windows)
    let steps = (wanted * (1 - productError) / Double(rowsPerStep)).rounded(.up)
    return bounded(steps)
  }

  /// What runs of version 0.1.0 took: whole steps for each pass, and these rounded up.
  static func stepsRoundingEachPass(epochs: Double, stepsPerPass: Int) -> Int {
    bounded((epochs * Double(stepsPerPass)).rounded(.up))
  }

  private static func bounded(_ steps: Double) -> Int {
    max(1, Int(min(steps, Double(FinetuneOptions.stepsMaximum))))
  }
}
