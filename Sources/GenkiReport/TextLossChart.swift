/// What the round did to each text: base and Dama in numbers, the change as a bar from zero.
struct TextLossChart {
  private static let width = 420.0
  private static let rowHeight = 52.0
  private static let edge = 8.0

  let losses: [RoundReport.TextLoss]

  func html() -> HTML {
    // Zero is always in the range, so that the bar's side tells better from worse.
    let changes = losses.map { $0.base - $0.dama }
    let low = min(0, changes.min() ?? 0)
    let span = max(max(0, changes.max() ?? 0) - low, 1e-9)
    let zero = Self.edge + (0 - low) / span * (Self.width - 2 * Self.edge)
    let perNat = (Self.width - 2 * Self.edge) / span
    let height = Double(losses.count) * Self.rowHeight
    let rows = losses.indices.map { row($0, zero: zero, perNat: perNat) }
    return """
      <svg viewBox="0 0 \(Self.width) \(height)" role="img" \
      aria-label="Loss of base and Dama on each text">
      \(HTML(joining: rows))
      </svg>
      """
  }

  private func row(_ index: Int, zero: Double, perNat: Double) -> HTML {
    let loss = losses[index]
    let change = loss.base - loss.dama
    let y = Double(index) * Self.rowHeight
    let bar = change * perNat
    let side = change < 0 ? "worse" : "better"
    let note = loss.isTrainedOn ? "" : " (nobody trained on it)"
    return """
      <text class="name" x="0" y="\(y + 18)">\(loss.text)<tspan class="axis">\(note)</tspan></text>
      <text class="value" x="\(Self.width)" y="\(y + 18)" text-anchor="end">\
      \(HTML.decimal(loss.base, 3)) → \(HTML.decimal(loss.dama, 3))  \
      <tspan class="\(side)">\(HTML.signed(-change, 3))</tspan></text>
      <rect class="track" x="0" y="\(y + 26)" width="\(Self.width)" height="12" rx="3"/>
      <rect class="bar \(side)" x="\(min(zero, zero + bar))" y="\(y + 26)" \
      width="\(max(1.5, bar.magnitude))" height="12" rx="2"/>
      <line class="zero" x1="\(zero)" x2="\(zero)" y1="\(y + 23)" y2="\(y + 41)"/>
      """
  }
}
