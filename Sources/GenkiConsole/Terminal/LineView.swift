/// How a text that is being typed stands on a screen: broken into rows that never fill a line whole,
/// since terminals do not agree on where the cursor is then.
package struct LineView: Sendable, Equatable {
  /// What is shown, row by row.
  package private(set) var rows: [String] = []
  /// The row and the column of the cursor.
  package private(set) var cursorRow = 0
  package private(set) var cursorColumn = 0

  private static let tabWidth = 8

  /// Lays out a text.
  ///
  /// - Parameters:
  ///   - prompt: Stands before the first line; lines after it are set in as far.
  ///   - style: Puts the prompt into a style, which takes no place.
  ///   - columns: The width of the screen.
  package init(
    _ buffer: TextBuffer, prompt: String, style: (String) -> String = { $0 }, columns: Int
  ) {
    let indent = prompt.reduce(0) { $0 + Self.width(of: $1) }
    let limit = max(columns - 1, indent + 2)
    let setIn = String(repeating: " ", count: indent)
    var row = style(prompt)
    var column = indent
    func breakRow() {
      rows.append(row)
      row = setIn
      column = indent
    }
    for (index, character) in buffer.characters.enumerated() {
      let (shown, width) = Self.cells(of: character, column: column - indent)
      if column + width > limit, column > indent { breakRow() }
      if index == buffer.cursor { (cursorRow, cursorColumn) = (rows.count, column) }
      if character == "\n" {
        breakRow()
      } else {
        row += shown
        column += width
      }
    }
    if column >= limit { breakRow() }
    if buffer.isAtEnd { (cursorRow, cursorColumn) = (rows.count, column) }
    rows.append(row)
  }

  private static func cells(
    of character: Character, column: Int
  ) -> (shown: String, width: Int) {
    if character == "\n" { return ("", 0) }
    if character == "\t" {
      let width = tabWidth - column % tabWidth
      return (String(repeating: " ", count: width), width)
    }
    if character.unicodeScalars.contains(where: VisibleText.isControl) {
      let shown = character.unicodeScalars.map(VisibleText.escaped).joined()
      return (shown, shown.count)
    }
    return (String(character), width(of: character))
  }

  /// How many columns a character takes.
  static func width(of character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      if scalar == "\u{FE0F}" { return 2 }
      width = max(width, Self.width(of: scalar))
    }
    return width
  }

  private static func width(of scalar: Unicode.Scalar) -> Int {
    guard scalar.value >= 0x300 else { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// Blocks of wide characters (Unicode's UAX 11: W and F).
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x25FD...0x25FE, 0x2614...0x2615,
    0x2648...0x2653, 0x26BD...0x26BE, 0x2705...0x2705, 0x2753...0x2757, 0x2795...0x2797,
    0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF,
    0x1B000...0x1B2FF, 0x1F1E6...0x1F1FF, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
    0x20000...0x3FFFD,
  ]
}
