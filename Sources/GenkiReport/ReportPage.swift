/// Draws a round as one HTML file that needs nothing else: no script, no font, no network.
public struct ReportPage: Sendable {
  private let report: RoundReport

  /// A page of a round.
  public init(_ report: RoundReport) { self.report = report }

  /// The whole file.
  public func html() -> String {
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" \
      content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(report.title)</title>
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <main>
      \(header)
      \(leaderboard)
      <div class="grid2">
      \(textLosses)
      \(similarity)
      </div>
      <div class="grid2">
      \(training(title: "Training the base", curves: baseCurves, firstColour: 0))
      \(training(title: "The miners' finetunes", curves: minerCurves, firstColour: 1))
      </div>
      \(samples)
      <div class="grid2">
      \(provenance)
      \(phases)
      </div>
      </main>
      </body>
      </html>

      """
    return page.text
  }

  private var baseCurves: [RoundReport.TrainingCurve] { report.trainings.filter(\.isBase) }
  private var minerCurves: [RoundReport.TrainingCurve] { report.trainings.filter { !$0.isBase } }

  // MARK: - Head

  private var header: HTML {
    """
    <header>
    <h1>\(report.title)</h1>
    <p class="soft">Round \(report.round): miners finetuned a common base on their own texts; a \
    validator measured every model, scored it by (0.95 − similarity) × Δloss, and merged what \
    helped into the next base, the new Dama.</p>
    \(links)
    <div class="tiles">
    \(HTML(joining: tiles))
    </div>
    </header>
    """
  }

  private var links: HTML {
    guard !report.links.isEmpty else { return .empty }
    let list = report.links.map { link -> HTML in
      "<a href=\"\(link.file)\">\(link.title)</a>"
    }
    return "<p>\(HTML(joining: list))</p>"
  }

  private var tiles: [HTML] {
    var tiles: [HTML] = []
    if !report.losses.isEmpty {
      let better = report.losses.filter { $0.dama < $0.base }.count
      tiles.append(tile("\(better) of \(report.losses.count)", "texts on which the Dama is better"))
      let mean = report.losses.reduce(0) { $0 + $1.dama - $1.base } / Double(report.losses.count)
      tiles.append(tile(HTML.signed(mean, 3), "mean change of the loss, nats per token"))
    }
    if !report.candidates.isEmpty {
      let paid = report.candidates.filter { $0.weight > 0 }.count
      tiles.append(tile("\(paid) of \(report.candidates.count)", "candidates that got a weight"))
    }
    if !report.phases.isEmpty {
      let seconds = report.phases.reduce(0) { $0 + $1.seconds }
      tiles.append(tile("\(HTML.decimal(seconds, 0)) s", "for the whole round"))
    }
    return tiles
  }

  private func tile(_ figure: String, _ caption: String) -> HTML {
    "<div class=\"tile\"><b>\(figure)</b><span>\(caption)</span></div>"
  }

  // MARK: - Scores

  private var leaderboard: HTML {
    guard !report.candidates.isEmpty else { return .empty }
    return """
      <section>
      <h2>Leaderboard</h2>
      <p class="soft">In commit order: only what came earlier can be copied. \
      Δloss is measured a small step from the base towards the candidate, ± two standard errors; less \
      than these counts as nothing.</p>
      <div class="scroll"><table class="board">
      <thead><tr><th>Candidate</th><th class="number">Δloss</th><th class="number">Similarity</th>\
      <th class="number">Score</th><th>Weight</th><th>Verdict</th></tr></thead>
      <tbody>
      \(HTML(joining: report.candidates.map(row)))
      </tbody></table></div>
      </section>
      """
  }

  private func row(_ candidate: RoundReport.CandidateRow) -> HTML {
    let about = [candidate.text, candidate.method].compactMap(\.self).joined(separator: ", ")
    let hotkey: HTML = candidate.hotkey.map { "<small class=\"digest\">\($0)</small>" } ?? .empty
    let noise: HTML =
      candidate.standardError.map { "<small>± \(HTML.decimal(2 * $0, 5))</small>" } ?? .empty
    let nearest: HTML = candidate.nearest.map { "<small>to \($0)</small>" } ?? .empty
    let reason: HTML = candidate.reason.map { "<small>\($0)</small>" } ?? .empty
    let percent = min(100, max(0, candidate.weight * 100))
    let verdict: HTML
    switch (candidate.isAccepted, candidate.score > 0) {
    case (true, true): verdict = "<span class=\"good\">accepted</span>"
    case (true, false): verdict = "accepted, earns nothing"
    case (false, _): verdict = "<span class=\"bad\">rejected</span>"
    }
    return """
      <tr><td><b>\(candidate.name)</b><small>\(about)</small>\(hotkey)</td>\
      <td class="number" data-label="Δloss">\(figure(candidate.deltaLoss, signed: true))\(noise)</td>\
      <td class="number" data-label="Similarity">\(figure(candidate.isAccepted ? candidate.dataSimilarity : nil))\(nearest)</td>\
      <td class="number" data-label="Score"><b>\(HTML.decimal(candidate.score, 5))</b></td>\
      <td data-label="Weight">\(HTML.decimal(percent, 1)) %\
      <span class="meter"><i style="width:\(percent)%"></i></span></td>\
      <td data-label="Verdict">\(verdict)\(reason)</td></tr>
      """
  }

  private func figure(_ value: Double?, signed: Bool = false) -> HTML {
    guard let value else { return "–" }
    return signed ? "\(HTML.signed(value, 5))" : "\(HTML.decimal(value, 3))"
  }

  private var similarity: HTML {
    guard let table = report.similarity, !table.names.isEmpty else { return .empty }
    return """
      <section>
      <h2>Similarity</h2>
      <p class="soft">How alike two candidates changed the base's predictions: 1 is the same \
      change, 0 has nothing in common.</p>
      \(SimilarityMap(table: table).html())
      </section>
      """
  }

  private var textLosses: HTML {
    guard !report.losses.isEmpty else { return .empty }
    return """
      <section>
      <h2>Base → Dama on each text</h2>
      <p class="soft">Loss on held-out parts, in nats per token; less is better. A bar to the \
      right of zero is an improvement.</p>
      \(TextLossChart(losses: report.losses).html())
      </section>
      """
  }

  // MARK: - Training

  private func training(
    title: String, curves: [RoundReport.TrainingCurve], firstColour: Int
  ) -> HTML {
    let drawn = curves.filter { !$0.steps.isEmpty }
    guard !drawn.isEmpty else { return .empty }
    let legend = drawn.enumerated().map { index, curve in
      legendItem(curve, colour: (firstColour + index) % ReportStyle.seriesCount)
    }
    return """
      <section>
      <h2>\(title)</h2>
      <p class="soft">Training loss of each step.</p>
      \(LossChart(label: title, curves: drawn, firstColour: firstColour).html())
      <ul class="legend">
      \(HTML(joining: legend))
      </ul>
      </section>
      """
  }

  private func legendItem(_ curve: RoundReport.TrainingCurve, colour: Int) -> HTML {
    let recipe: HTML = curve.recipe.map { "<span class=\"soft\">: \($0)</span>" } ?? .empty
    return """
      <li><svg viewBox="0 0 22 10" aria-hidden="true">\
      <line class="s\(colour)" x1="0" x2="22" y1="5" y2="5" stroke-width="3"/></svg>\
      \(curve.name)\(recipe)</li>
      """
  }

  // MARK: - Rest

  private var samples: HTML {
    guard !report.samples.isEmpty else { return .empty }
    let parts = report.samples.map { sample -> HTML in
      """
      <div class="grid2">
      <div><span class="soft">base</span><pre><b>\(sample.prompt)</b>\(Self.dense(sample.base))</pre></div>
      <div><span class="soft">Dama</span><pre><b>\(sample.prompt)</b>\(Self.dense(sample.dama))</pre></div>
      </div>
      """
    }
    return """
      <section>
      <h2>The same prompt, before and after</h2>
      \(HTML(joining: parts))
      </section>
      """
  }

  /// A text with at most one blank line in a row.
  private static func dense(_ text: String) -> String {
    text.replacing(#/\n\s*\n\s*\n/#, with: "\n\n")
  }

  private var provenance: HTML {
    var entries: [(String, HTML)] = []
    if let strategy = report.strategy { entries.append(("merged by", "\(strategy)")) }
    if let digest = report.damaDigest {
      entries.append(("Dama", "<span class=\"digest\">sha256:\(digest)</span>"))
    }
    if let digest = report.manifestDigest {
      entries.append(("manifest", "<span class=\"digest\">sha256:\(digest)</span>"))
    }
    if let isVerified = report.isVerified {
      entries.append(
        (
          "recomputed",
          isVerified
            ? "<span class=\"good\">from the manifest: the same bytes</span>"
            : "<span class=\"bad\">from the manifest: other bytes</span>"
        ))
    }
    guard !entries.isEmpty else { return .empty }
    return """
      <section>
      <h2>The new Dama</h2>
      <dl>
      \(HTML(joining: entries.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }))
      </dl>
      </section>
      """
  }

  private var phases: HTML {
    guard !report.phases.isEmpty else { return .empty }
    let longest = report.phases.map(\.seconds).max() ?? 1
    let rows = report.phases.map { phase -> HTML in
      let percent = min(100, max(0, phase.seconds / max(longest, 1e-9) * 100))
      return """
        <tr><td>\(phase.name)<span class="meter"><i style="width:\(percent)%"></i></span></td>\
        <td class="number">\(HTML.decimal(phase.seconds, 1)) s</td></tr>
        """
    }
    return """
      <section>
      <h2>Seconds per phase</h2>
      <table><tbody>
      \(HTML(joining: rows))
      </tbody></table>
      </section>
      """
  }
}
