import GenkiReport
import GenkiConsole

/// The end of a demo, for people: leaderboard, losses, sample, where to look next.
struct DemoSummary {
  let figures: DemoFigures
  let folder: DemoFolder

  func show(on console: Console) {
    console.line()
    console.line(console.styled("Leaderboard, in commit order", .bold))
    console.table(leaderboard)
    console.line()
    console.line(
      console.styled("Loss on held-out text, nats per token (less is better)", .bold))
    console.table(losses)
    for sample in figures.samples {
      console.line()
      console.line(console.styled("\"\(sample.prompt)…\"", .bold))
      console.line("  base: \(Self.oneLine(sample.base))")
      console.line("  Dama: \(Self.oneLine(sample.dama))")
    }
    console.line()
    let seconds = figures.phases.reduce(0) { $0 + $1.seconds }
    console.line("The round took \(HumanUnits.duration(seconds: seconds)).")
    console.line("Dama      \(folder / "dama")  sha256 \(figures.damaDigest)")
    console.line("Report    \(folder / "report.html")")
    console.line("Commands  \(folder / "commands.sh")")
  }

  private var leaderboard: TextTable {
    var table = TextTable([
      ("candidate", .left), ("trained on", .left), ("Δloss", .right), ("± 2 SE", .right),
      ("similarity", .right),
      ("score", .right), ("weight", .right), ("verdict", .left),
    ])
    for candidate in figures.candidates {
      let verdict = candidate.isAccepted ? "accepted" : "rejected"
      table.add([
        candidate.name, "\(candidate.text), \(candidate.method)",
        candidate.deltaLoss.map { HumanUnits.decimal($0, places: 5) } ?? "–",
        candidate.standardError.map { HumanUnits.decimal(2 * $0, places: 5) } ?? "–",
        candidate.similarity.map { HumanUnits.decimal($0, places: 3) } ?? "–",
        HumanUnits.decimal(candidate.score, places: 5),
        HumanUnits.decimal(candidate.weight * 100, places: 1) + " %",
        candidate.reason.map { "\(verdict): \($0)" } ?? verdict,
      ])
    }
    return table
  }

  private var losses: TextTable {
    var table = TextTable([
      ("text", .left), ("base", .right), ("Dama", .right), ("change", .right), ("", .left),
    ])
    for loss in figures.losses {
      table.add([
        loss.text, HumanUnits.decimal(loss.base, places: 4),
        HumanUnits.decimal(loss.dama, places: 4),
        HumanUnits.decimal(loss.dama - loss.base, places: 4),
        loss.isTrainedOn ? "" : "nobody trained on it",
      ])
    }
    return table
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ⏎ ")
  }
}
