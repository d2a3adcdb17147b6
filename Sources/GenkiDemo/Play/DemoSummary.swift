import GenkiConsole
import GenkiReport

/// What rounds brought, for people: leaderboards, losses, sample, where to look next.
struct DemoSummary {
  let folder: DemoFolder
  let console: Console

  /// A round's leaderboard and what each validator made of it.
  func show(_ round: RoundFigures) {
    console.line()
    console.line(
      console.styled("Leaderboard of round \(round.number), in commit order", .bold))
    console.table(leaderboard(round))
    console.line(step(round))
    for validator in round.validators {
      let verdict = validator.isVerified ? "verified" : "NOT verified"
      let digest = validator.damaDigest.map { " \($0.prefix(16))…" } ?? ""
      console.line("\(validator.name): the Dama\(digest) is \(verdict)")
    }
    console.line()
  }

  /// The end: losses, shares of the epoch, samples, files.
  func show(_ figures: DemoFigures) {
    console.line()
    console.line(
      console.styled("Loss on held-out text, nats per token (less is better)", .bold))
    console.table(losses(figures))
    console.line()
    console.line(console.styled("What the ledger shared out", .bold))
    console.table(shares(figures))
    console.line()
    console.line(console.styled("\"\(figures.prompt)…\"", .bold))
    for (index, sample) in figures.samples.enumerated() {
      console.line("  \(index == 0 ? "base  " : "Dama \(index)"): \(Self.oneLine(sample))")
    }
    console.line()
    console.table(memory(figures))
    console.line()
    console.line("All this took \(HumanUnits.duration(seconds: figures.seconds)).")
    for round in figures.rounds {
      console.line("Dama \(round.number)    \(round.damaFolder)  sha256 \(round.damaDigest)")
      if let place = round.damaPlace { console.line("          on the hub: \(place)") }
      console.line("Report    \(folder.report(round: round.number))")
    }
    console.line("Commands  \(folder / "commands.sh")")
  }

  /// How the hub can be looked at afterwards.
  func show(hubCommand: String) {
    console.line("Hub       start it again with: \(hubCommand)")
  }

  private func leaderboard(_ round: RoundFigures) -> TextTable {
    var table = TextTable(
      [
        ("candidate", .left), ("trained on", .left), ("Δloss", .right), ("± 2 SE", .right),
        ("similarity", .right),
      ] + round.validators.map { ("score, \($0.name)", .right) } + [
        ("weight", .right), ("verdict", .left),
      ])
    for candidate in round.candidates {
      table.add(
        [
          candidate.name, "\(candidate.text), \(candidate.method)",
          candidate.deltaLoss.map { HumanUnits.decimal($0, places: 5) } ?? "–",
          candidate.standardError.map { HumanUnits.decimal(2 * $0, places: 5) } ?? "–",
          candidate.similarity.map { HumanUnits.decimal($0, places: 3) } ?? "–",
        ] + candidate.scores.map { HumanUnits.decimal($0, places: 5) } + [
          Self.percent(candidate.weight),
          candidate.reason.map { "\(candidate.verdict): \($0)" } ?? candidate.verdict,
        ])
    }
    return table
  }

  /// How far the base moved, and what the coordinator says that it gained.
  private func step(_ round: RoundFigures) -> String {
    guard let step = round.step else {
      return "the base stays: \(round.strategy ?? "nothing helped")"
    }
    guard let announced = round.announced else { return "step \(step)" }
    let parts = announced.datasets.map { "\($0.name) \(Self.signed($0.delta))" }
    let kept =
      announced.changesKept.map { ", \(Self.percent($0)) of the changes survive rounding" } ?? ""
    return "step \(step): gain \(Self.signed(announced.delta)) announced "
      + "(\(parts.joined(separator: ", ")))\(kept)"
  }

  private func memory(_ figures: DemoFigures) -> TextTable {
    var table = TextTable([("daemon", .left), ("program", .left), ("peak memory", .right)])
    for daemon in figures.daemons {
      table.add([
        daemon.name, daemon.program, daemon.peakMemoryBytes.map(HumanUnits.bytes) ?? "–",
      ])
    }
    return table
  }

  private func losses(_ figures: DemoFigures) -> TextTable {
    var table = TextTable(
      [("text", .left), ("base", .right)] + figures.rounds.map { ("Dama \($0.number)", .right) }
        + [("change", .right), ("", .left)])
    for (index, first) in (figures.rounds.first?.losses ?? []).enumerated() {
      let all = figures.rounds.compactMap {
        $0.losses.indices.contains(index) ? $0.losses[index].dama : nil
      }
      table.add(
        [first.text, HumanUnits.decimal(first.base, places: 4)]
          + all.map { HumanUnits.decimal($0, places: 4) } + [
            HumanUnits.decimal((all.last ?? first.base) - first.base, places: 4),
            first.isTrainedOn ? "" : "nobody trained on it",
          ])
    }
    return table
  }

  private func shares(_ figures: DemoFigures) -> TextTable {
    var table = TextTable([
      ("round", .right), ("epoch at block", .right), ("hotkey", .left), ("weight", .right),
      ("incentive", .right), ("dividends", .right),
    ])
    for round in figures.rounds {
      let block = round.epochBlock.map { "\($0)" } ?? "–"
      for candidate in round.candidates {
        table.add([
          "\(round.number)", block, candidate.name, Self.percent(candidate.weight),
          candidate.incentive.map(Self.percent) ?? "–", "",
        ])
      }
      for validator in round.validators {
        table.add([
          "\(round.number)", block, validator.name, "", "",
          validator.dividends.map(Self.percent) ?? "–",
        ])
      }
    }
    return table
  }

  private static func percent(_ share: Double) -> String {
    HumanUnits.decimal(share * 100, places: 1) + " %"
  }

  private static func signed(_ value: Double) -> String {
    (value < 0 ? "" : "+") + HumanUnits.decimal(value, places: 5)
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ⏎ ")
  }
}
