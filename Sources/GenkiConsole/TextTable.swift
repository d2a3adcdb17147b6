/// Rows in aligned columns, for people.
public struct TextTable: Sendable {
  /// On which side a column's cells stand.
  public enum Alignment: Sendable {
    case left
    case right
  }

  /// The table starts with a line of titles.
  public var hasHeader: Bool { !titles.isEmpty }
  private let titles: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// A table with titled columns.
  public init(_ columns: [(title: String, alignment: Alignment)]) {
    titles = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  /// A table without titles.
  public init(alignments: [Alignment]) {
    titles = []
    self.alignments = alignments
  }

  /// Adds a row; missing cells stay empty, cells beyond the columns are left out.
  public mutating func add(_ cells: [String]) {
    var row = Array(cells.prefix(alignments.count))
    row += Array(repeating: "", count: alignments.count - row.count)
    rows.append(row)
  }

  /// The lines, without trailing blanks.
  public func lines() -> [String] {
    let all = (hasHeader ? [titles] : []) + rows
    let widths = alignments.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return alignments[column] == .left ? row[column] + padding : padding + row[column]
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
