import GenkiCore

/// Comparisons as a Markdown table.
package struct ComparisonTable {
  private var rows: [[String]] = []
  private static let titles = [
    "workload", "theirs tok/s", "ours tok/s", "ratio (min–max)", "peak memory ours / theirs",
    "first loss ours / theirs", "goal",
  ]

  package init() {}

  package mutating func add(_ comparison: Comparison) {
    rows.append(Self.cells(comparison))
  }

  /// The table's head.
  package static var head: [String] {
    [line(titles), line(titles.indices.map { $0 == 0 || $0 == 6 ? "---" : "---:" })]
  }

  /// The row of one comparison.
  package static func row(_ comparison: Comparison) -> String { line(cells(comparison)) }

  /// All lines.
  package var lines: [String] { Self.head + rows.map(Self.line) }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |"
  }

  private static func cells(_ comparison: Comparison) -> [String] {
    let ratios = comparison.ratios
    let (ours, theirs) = (comparison.ours, comparison.theirs)
    return [
      comparison.workload.name, speed(theirs.speeds.median), speed(ours.speeds.median),
      "**\(fixed(ratios.median, 2))** (\(fixed(ratios.minimum, 2))–\(fixed(ratios.maximum, 2)))",
      "\(gigabytes(ours.peakBytes)) / \(gigabytes(theirs.peakBytes)) GB",
      loss(comparison), goal(comparison),
    ]
  }

  private static func loss(_ comparison: Comparison) -> String {
    if let digest = comparison.ours.first.digest {
      return digest == comparison.theirs.first.digest ? "same ids" : "different ids"
    }
    guard let ours = comparison.ours.first.loss, let theirs = comparison.theirs.first.loss else {
      return "\(comparison.equalTokens) of \(comparison.ours.first.tokens.count) tokens equal"
    }
    return "\(fixed(ours, 4)) / \(fixed(theirs, 4))"
  }

  private static func goal(_ comparison: Comparison) -> String {
    guard let goal = comparison.workload.goal else { return "" }
    let text =
      "≥ \(fixed(goal.ratioMinimum, 2)), aim \(fixed(goal.ratioAim, 1)), "
      + "≤ \(gigabytes(goal.memoryBytesMaximum)) GB"
    let misses = comparison.misses
    return misses.isEmpty ? text : text + "; misses " + misses.joined(separator: " and ")
  }

  private static func speed(_ value: Double) -> String {
    value < 100 ? fixed(value, 1) : fixed(value, 0)
  }

  private static func gigabytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1e9, 2) }

  /// A number with a fixed count of decimals.
  package static func fixed(_ value: Double, _ places: Int) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return value.isNaN ? "?" : "\(value)" }
    let scale = (0..<places).reduce(1.0) { product, _ in product * 10 }
    let digits = String(Int((value.magnitude * scale).rounded()))
    let full = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 ? "-" : ""
    return places == 0 ? sign + full : sign + full.dropLast(places) + "." + full.suffix(places)
  }
}
