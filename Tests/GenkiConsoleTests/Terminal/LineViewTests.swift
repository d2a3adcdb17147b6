import GenkiConsole
import GenkiCore
import Testing

struct LineViewTests {
  private func view(_ text: String, columns: Int = 12) -> LineView {
    LineView(TextBuffer(text), prompt: "> ", columns: columns)
  }

  @Test func rowsNeverFillALineWhole() {
    #expect(view("").rows == ["> "])
    #expect(view("12345678").rows == ["> 12345678"])
    // The cursor needs a place, too.
    #expect(view("123456789").rows == ["> 123456789", "  "])
    #expect(view("1234567890").rows == ["> 123456789", "  0"])
    #expect(view("ab\n\ncd").rows == ["> ab", "  ", "  cd"])
  }

  @Test func aWideCharacterIsNotCutInTwo() {
    #expect(view("12345678漢").rows == ["> 12345678", "  漢"])
    #expect(view("漢字漢字漢").rows == ["> 漢字漢字", "  漢"])
    #expect(view("漢").cursorColumn == 4)
    #expect(view("😀").cursorColumn == 4)
    #expect(view("👨‍👩‍👧").cursorColumn == 4)
    #expect(view("e\u{301}").cursorColumn == 3)
  }

  @Test func whatWouldDriveTheTerminalIsShown() {
    #expect(view("a\u{1B}[31m", columns: 80).rows == ["> a\\u{1b}[31m"])
    #expect(view("a\tb", columns: 80).rows == ["> a       b"])
  }

  @Test func aScreenWithoutWidthIsNoReasonToStop() {
    for columns in -1...4 { #expect(view("abc", columns: columns).rows.count <= 4) }
  }

  /// A screen that knows what the drawing writes.
  private struct Screen {
    var rows: [[Character]] = [[]]
    var row = 0
    var column = 0
    var highest = 0

    mutating func write(_ text: String) {
      var rest = Array(text.unicodeScalars)[...]
      while let scalar = rest.popFirst() {
        switch scalar {
        case "\r": column = 0
        case "\n":
          // The system brings the cursor to the line's begin.
          row += 1
          column = 0
          if row == rows.count { rows.append([]) }
        case "\u{1B}":
          _ = rest.popFirst()
          var number = 0
          while let digit = rest.first?.properties.numericType.map({ _ in rest.first }) ?? nil {
            number = number * 10 + Int(digit.value - 48)
            rest.removeFirst()
          }
          switch rest.popFirst() {
          case "A": row -= number
          case "C": column += number
          default:
            rows[row].removeLast(max(rows[row].count - column, 0))
            rows.removeLast(rows.count - row - 1)
          }
        default:
          while rows[row].count <= column { rows[row].append(" ") }
          rows[row][column] = Character(scalar)
          column += 1
        }
      }
    }
  }

  /// Whatever is typed and drawn in between, the screen shows the rows around the cursor.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func theScreenShowsTheView(seed: UInt64) {
    var random = DeterministicRandom(seed: seed, domain: "line drawing")
    let keys: [Key] = [
      .text("ab"), .text("word "), .newLine, .left, .right, .up, .down, .home, .end, .backspace,
      .deleteWord, .deleteToStart, .wordLeft, .paste("1\n2\n3\n4"),
    ]
    var editor = LineEditor(bytesMaximum: 1000)
    var drawing = LineDrawing()
    var screen = Screen()
    let height = 5
    for _ in 0..<200 {
      _ = editor.take(keys[random.next(below: keys.count)])
      let view = LineView(editor.buffer, prompt: "> ", columns: 14)
      screen.write(drawing.draw(view, height: height))
      let shown = screen.rows.map { String($0) }
      #expect(shown.count == min(view.rows.count, height))
      #expect(screen.column == view.cursorColumn)
      let first = view.cursorRow - screen.row
      guard first >= 0, first + shown.count <= view.rows.count else {
        Issue.record("rows \(first) and on of \(view.rows.count)")
        return
      }
      #expect(Array(view.rows[first..<(first + shown.count)]) == shown)
    }
    let view = LineView(editor.buffer, prompt: "> ", columns: 14)
    screen.write(drawing.finish(view))
    #expect(screen.rows.map { String($0) } == view.rows + [""])
  }
}
