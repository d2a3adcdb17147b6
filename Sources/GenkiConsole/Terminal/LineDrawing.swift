/// The escape sequences that bring a screen from one view of a text to the next.
///
/// A text that is higher than the screen is shown by the rows around its cursor.
package struct LineDrawing: Sendable {
  /// The first row of the view that is on the screen.
  private var top = 0
  /// How far the screen's cursor is below the first row drawn.
  private var cursorBelow = 0

  /// Nothing is drawn; the screen's cursor is at the start of a line.
  package init() {}

  /// Replaces what is drawn by as many rows as fit.
  package mutating func draw(_ view: LineView, height: Int) -> String {
    let height = max(height, 1)
    if view.cursorRow < top { top = view.cursorRow }
    if view.cursorRow >= top + height { top = view.cursorRow - height + 1 }
    top = min(top, max(view.rows.count - height, 0))
    let shown = view.rows[top..<min(top + height, view.rows.count)]
    let text = erase() + shown.joined(separator: "\n")
    cursorBelow = view.cursorRow - top
    let up = shown.count - 1 - cursorBelow
    return text + (up > 0 ? "\u{1B}[\(up)A" : "") + "\r"
      + (view.cursorColumn > 0 ? "\u{1B}[\(view.cursorColumn)C" : "")
  }

  /// Replaces what is drawn by all rows and goes to the line below: the text is done.
  package mutating func finish(_ view: LineView) -> String {
    let text = erase() + view.rows.joined(separator: "\n") + "\n"
    self = LineDrawing()
    return text
  }

  /// Removes what is drawn, with the cursor where it began.
  package mutating func erase() -> String {
    defer { cursorBelow = 0 }
    return "\r" + (cursorBelow > 0 ? "\u{1B}[\(cursorBelow)A" : "") + "\u{1B}[J"
  }
}
