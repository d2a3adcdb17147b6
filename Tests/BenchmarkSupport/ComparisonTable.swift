import GenkiCore

/// Comparisons as a Markdown table.
package struct ComparisonTable {
  private var rows: [[String]] = []
  private static let titles = [
    "workload", "theirs", "theirs tok/s", "ours", "ours tok/s", "ratio (min–max)",
    "peak memory ours / theirs", "first loss ours / theirs", "goal", "tried tok/s",
  ]
  /// The columns of words.
  private static let words: Set<String> = ["workload", "theirs", "ours", "goal", "tried tok/s"]

  package init() {}

  package mutating func add(_ comparison: Comparison) {
    rows.append(Self.cells(comparison))
  }

  /// The table's head.
  package static var head: [String] {
    [line(titles), line(titles.map { words.contains($0) ? "---" : "---:" })]
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
      comparison.workload.name, label(theirs), speed(theirs.speeds.median), ours.compute,
      speed(ours.speeds.median),
      "**\(fixed(ratios.median, 2))** (\(fixed(ratios.minimum, 2))–\(fixed(ratios.maximum, 2)))",
      "\(gigabytes(ours.peakBytes)) / \(gigabytes(theirs.peakBytes)) GB",
      loss(comparison), goal(comparison),
      comparison.choice.trials.map(trial).joined(separator: "; "),
    ]
  }

  private static func label(_ measurement: Measurement) -> String {
    measurement.label + (measurement.problem.map { " (\(short($0)))" } ?? "")
  }

  /// One trial in few words: `bfloat16 compile 812`, or why it failed.
  static func trial(_ trial: PeerTrial) -> String {
    let result =
      trial.problem.map { "failed (\(short($0)))" } ?? speed(trial.tokensPerSecond ?? .nan)
    return "\(trial.setting.label) \(result)"
  }

  private static let shortCharacters = 120

  /// A message that fits a cell: one line, no bars.
  private static func short(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
      .replacing("|", with: "/")
    return line.count > shortCharacters ? line.prefix(shortCharacters) + "…" : line
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
    guard let goal = comparison.goal else { return "" }
    var parts: [String] = []
    if goal.judgesSpeed(compute: comparison.ours.compute) {
      parts.append("≥ \(fixed(goal.ratioMinimum, 2))")
      if let aim = goal.ratioAim { parts.append("aim \(fixed(aim, 1))") }
    }
    let bytes = goal.memory.bytesMaximum(theirs: comparison.theirs.peakBytes)
    parts.append("≤ \(gigabytes(bytes)) GB")
    let text = parts.joined(separator: ", ")
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
