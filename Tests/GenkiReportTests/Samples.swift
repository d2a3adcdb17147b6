import GenkiCore
import GenkiReport

/// A round with every section, whose figures are easy to find on the page.
enum Samples {
  static func round() -> RoundReport {
    var report = RoundReport(title: "Round 1", round: 1)
    report.damaDigest = "da3a" + String(repeating: "0", count: 60)
    report.manifestDigest = "3a1f" + String(repeating: "0", count: 60)
    report.isVerified = true
    report.strategy = "score-weighted mean"
    report.candidates = [candidate("shakespeare", score: 0.01234, weight: 0.75), copy()]
    report.similarity = .init(
      names: ["shakespeare", "copy"], values: [[1, 0.998], [0.998, 1]])
    report.losses = [
      .init(text: "shakespeare", base: 4.5125, dama: 4.3875, isTrainedOn: true),
      .init(text: "devils-dictionary", base: 5.25, dama: 5.5, isTrainedOn: false),
    ]
    report.trainings = [
      .init(
        name: "base", isBase: true, recipe: "80 steps", steps: [1, 2, 3], losses: [7, 6.5, 6]),
      .init(name: "shakespeare", isBase: false, recipe: nil, steps: [1, 2], losses: [4.5, 4.25]),
    ]
    report.samples = [.init(prompt: "To be", base: " of the", dama: " or not")]
    report.phases = [
      .init(name: "base", seconds: 12.25), .init(name: "score", seconds: 3.5),
    ]
    report.links = [.init(title: "The round after", file: "report-round-2.html")]
    return report
  }

  static func candidate(
    _ name: String, score: Double, weight: Double
  ) -> RoundReport.CandidateRow {
    var row = RoundReport.CandidateRow(name: name, score: score, weight: weight, isAccepted: true)
    row.text = name
    row.method = "full"
    row.deltaLoss = 0.01299
    row.standardError = 0.0015
    row.dataSimilarity = 0
    return row
  }

  static func copy() -> RoundReport.CandidateRow {
    var row = RoundReport.CandidateRow(name: "copy", score: 0, weight: 0, isAccepted: true)
    row.hotkey = "5Copy"
    row.deltaLoss = 0.01298
    row.dataSimilarity = 0.998
    row.nearest = "shakespeare"
    row.reason = "too similar to an earlier one"
    return row
  }
}
