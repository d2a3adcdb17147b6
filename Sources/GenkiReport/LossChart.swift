/// Loss over steps as inline SVG: one line a run, drawn for the width of a phone.
struct LossChart {
  private static let width = 420.0
  private static let height = 250.0
  private static let left = 40.0
  private static let right = 412.0
  private static let top = 12.0
  private static let bottom = 216.0
  private static let pointsMaximum = 400

  let label: String
  let curves: [RoundReport.TrainingCurve]
  /// The colour number of the first curve.
  var firstColour = 0

  func html() -> HTML {
    let horizontal = AxisScale(
      values: curves.flatMap { [Double($0.steps.first ?? 0), Double($0.steps.last ?? 1)] },
      isInteger: true)
    let vertical = AxisScale(values: curves.flatMap(\.losses))
    let lines = curves.enumerated().map { index, curve in
      line(curve, colour: (firstColour + index) % ReportStyle.seriesCount, horizontal, vertical)
    }
    return """
      <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-label="\(label)">
      \(HTML(joining: vertical.ticks.map { self.verticalTick($0, vertical) }))
      \(HTML(joining: horizontal.ticks.map { self.horizontalTick($0, horizontal) }))
      <text class="axis" x="\(Self.right)" y="\(Self.height - 2)" text-anchor="end">step</text>
      <text class="axis" x="0" y="\(Self.height - 2)">nats per token</text>
      \(HTML(joining: lines))
      </svg>
      """
  }

  private func verticalTick(_ value: Double, _ scale: AxisScale) -> HTML {
    let y = scale.position(value, from: Self.bottom, to: Self.top)
    return """
      <line class="grid" x1="\(Self.left)" x2="\(Self.right)" y1="\(y)" y2="\(y)"/>\
      <text class="axis" x="\(Self.left - 5)" y="\(y + 4)" text-anchor="end">\
      \(HTML.decimal(value, scale.decimals))</text>
      """
  }

  private func horizontalTick(_ value: Double, _ scale: AxisScale) -> HTML {
    let x = scale.position(value, from: Self.left, to: Self.right)
    return """
      <text class="axis" x="\(x)" y="\(Self.bottom + 15)" text-anchor="middle">\
      \(HTML.decimal(value, scale.decimals))</text>
      """
  }

  private func line(
    _ curve: RoundReport.TrainingCurve, colour: Int, _ horizontal: AxisScale, _ vertical: AxisScale
  ) -> HTML {
    let points = Self.thinned(zip(curve.steps.map(Double.init), curve.losses).map { ($0, $1) })
    let coordinates = points.map { point in
      let x = horizontal.position(point.0, from: Self.left, to: Self.right)
      let y = vertical.position(point.1, from: Self.bottom, to: Self.top)
      return "\(HTML.decimal(x, 1)),\(HTML.decimal(y, 1))"
    }
    let ends = "\(curve.losses.first ?? 0) → \(curve.losses.last ?? 0)"
    return """
      <polyline class="series s\(colour)" points="\(coordinates.joined(separator: " "))">\
      <title>\(curve.name): \(ends)</title></polyline>
      """
  }

  /// At most as many points as can be told apart; each is the mean of its stretch.
  private static func thinned(_ points: [(Double, Double)]) -> [(Double, Double)] {
    guard points.count > pointsMaximum else { return points }
    return (0..<pointsMaximum).map { bucket in
      let from = bucket * points.count / pointsMaximum
      let part = points[from..<((bucket + 1) * points.count / pointsMaximum)]
      let count = Double(part.count)
      return (part.reduce(0) { $0 + $1.0 } / count, part.reduce(0) { $0 + $1.1 } / count)
    }
  }
}
