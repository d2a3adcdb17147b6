/// A linear axis: a range with round ends, its ticks, and the mapping to coordinates.
struct AxisScale {
  let low: Double
  let high: Double
  /// The distance of two ticks: 1, 2 or 5 times a power of ten.
  let tickStep: Double

  /// An axis that holds all values.
  ///
  /// - Parameters:
  ///   - ticksMaximum: About how many ticks fit.
  ///   - isInteger: Ticks stand at whole numbers only, and the axis ends where the values end.
  init(values: some Sequence<Double>, ticksMaximum: Int = 5, isInteger: Bool = false) {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite {
      low = min(low, value)
      high = max(high, value)
    }
    if low > high { (low, high) = (0, 1) }
    if high - low < max(1e-9, high.magnitude * 1e-9) { high = low + max(1, low.magnitude) * 0.1 }
    var step = Self.roundStep((high - low) / Double(max(1, ticksMaximum)))
    if isInteger { step = max(1, step) }
    tickStep = step
    self.low = isInteger ? low : (low / step).rounded(.down) * step
    self.high = isInteger ? high : (high / step).rounded(.up) * step
  }

  /// The round values from low to high.
  var ticks: [Double] {
    let first = (low / tickStep - 1e-6).rounded(.up)
    let last = (high / tickStep + 1e-6).rounded(.down)
    guard last >= first else { return [] }
    return (0...Int(min(last - first, 100))).map { (first + Double($0)) * tickStep }
  }

  /// How many decimals tell two ticks apart.
  var decimals: Int {
    var places = 0
    var step = tickStep
    while step < 0.999, places < 6 {
      step *= 10
      places += 1
    }
    return places
  }

  /// Where a value lies between two coordinates.
  func position(_ value: Double, from start: Double, to end: Double) -> Double {
    start + (value - low) / (high - low) * (end - start)
  }

  /// The next of 1, 2, 5 times a power of ten.
  private static func roundStep(_ raw: Double) -> Double {
    var power = 1.0
    while power > raw { power /= 10 }
    while power * 10 <= raw { power *= 10 }
    for factor in [1.0, 2, 5] where power * factor >= raw * (1 - 1e-9) { return power * factor }
    return power * 10
  }
}
