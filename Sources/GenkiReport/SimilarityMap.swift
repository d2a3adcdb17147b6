/// The similarity matrix as a heat map with its numbers, as inline SVG.
struct SimilarityMap {
  private static let cellWidth = 62.0
  private static let cellHeight = 40.0
  private static let labelWidth = 108.0
  private static let headHeight = 24.0
  private static let nameMaximum = 14

  let table: RoundReport.SimilarityTable

  func html() -> HTML {
    let count = Double(table.names.count)
    let width = Self.labelWidth + count * Self.cellWidth
    let height = Self.headHeight + count * Self.cellHeight
    return """
      <div class="scroll"><svg class="map" viewBox="0 0 \(width) \(height)" \
      style="min-width:\(width * 0.8)px;max-width:\(width * 1.6)px" role="img" \
      aria-label="Similarity of each pair of candidates">
      \(HTML(joining: table.names.indices.map(head)))
      \(HTML(joining: table.names.indices.map(row)))
      </svg></div>
      """
  }

  private func head(_ column: Int) -> HTML {
    let x = Self.labelWidth + (Double(column) + 0.5) * Self.cellWidth
    return """
      <text class="axis" x="\(x)" y="\(Self.headHeight - 8)" text-anchor="middle">\
      \(Self.short(table.names[column], to: 9))</text>
      """
  }

  private func row(_ row: Int) -> HTML {
    let y = Self.headHeight + Double(row) * Self.cellHeight
    let middle = y + Self.cellHeight / 2 + 4
    let cells = table.names.indices.map { cell(row, $0, y: y) }
    return """
      <text class="name" x="\(Self.labelWidth - 8)" y="\(middle)" text-anchor="end">\
      \(Self.short(table.names[row], to: Self.nameMaximum))</text>
      \(HTML(joining: cells))
      """
  }

  private func cell(_ row: Int, _ column: Int, y: Double) -> HTML {
    let value = table.values[row][column]
    let x = Self.labelWidth + Double(column) * Self.cellWidth
    let heat = min(1, max(0, value))
    let own = row == column ? " own" : ""
    return """
      <rect class="cell\(own)" x="\(x + 1)" y="\(y + 1)" width="\(Self.cellWidth - 2)" \
      height="\(Self.cellHeight - 2)" rx="5" fill-opacity="\(0.04 + 0.71 * heat)"/>\
      <text class="value\(own)" x="\(x + Self.cellWidth / 2)" y="\(y + Self.cellHeight / 2 + 4)" \
      text-anchor="middle">\(HTML.decimal(value, 3))\
      <title>\(table.names[row]) and \(table.names[column])</title></text>
      """
  }

  private static func short(_ name: String, to count: Int) -> String {
    name.count <= count ? name : name.prefix(count - 1) + "…"
  }
}
