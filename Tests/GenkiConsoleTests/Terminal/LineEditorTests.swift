import GenkiConsole
import Testing

struct LineEditorTests {
  /// Keys, and the text with a bar where the cursor is.
  private static let cases: [(keys: [Key], shown: String)] = [
    ([.text("abc"), .left, .left, .text("X")], "aX|bc"),
    ([.text("abc"), .home, .text("X"), .end, .text("Y")], "XabcY|"),
    ([.text("abc"), .backspace, .left, .delete], "a|"),
    ([.text("one two  three"), .deleteWord], "one two  |"),
    ([.text("one two  "), .deleteWord], "one |"),
    ([.text("one two"), .wordLeft, .wordLeft, .wordRight, .text("!")], "one!| two"),
    ([.text("one two"), .wordLeft, .deleteToEnd], "one |"),
    ([.text("one two"), .wordLeft, .deleteToStart], "|two"),
    ([.text("abc"), .home, .endOfInput], "|bc"),
    // Several lines: keys that go to an end stay within theirs.
    ([.text("ab\\"), .enter, .text("cd"), .home, .text("X")], "ab\nX|cd"),
    ([.text("ab"), .newLine, .text("cd"), .up, .text("X")], "abX|\ncd"),
    ([.paste("abc\nd\nefg"), .up, .text("X"), .up, .text("Y")], "abY|c\ndX\nefg"),
    ([.paste("abc\nd\nefg"), .up, .up, .down, .down, .text("X")], "abc\nd\neX|fg"),
    ([.paste("abc\ndef"), .deleteToStart, .backspace], "abc|"),
    ([.paste("abc\ndef"), .up, .deleteToEnd], "abc|\ndef"),
    // A backslash that is not at the end is one.
    ([.text("a\\b"), .left], "a\\|b"),
    // Nothing happens at the ends.
    ([.left, .backspace, .delete, .deleteWord, .wordLeft, .wordRight, .right, .up, .down], "|"),
    ([.text("漢👨‍👩‍👧e\u{301}"), .left, .left, .backspace], "|👨‍👩‍👧e\u{301}"),
  ]

  @Test(arguments: cases.indices) func keysEditTheText(index: Int) {
    let (keys, shown) = Self.cases[index]
    var editor = LineEditor(bytesMaximum: 1000)
    for key in keys { _ = editor.take(key) }
    let buffer = editor.buffer
    let before = String(buffer.characters[..<buffer.cursor])
    #expect(before + "|" + String(buffer.characters[buffer.cursor...]) == shown)
    #expect(buffer.byteCount == buffer.text.utf8.count)
  }

  @Test func enterHandsOverTheTextAndBeginsANewOne() {
    var editor = LineEditor(bytesMaximum: 100)
    _ = editor.take(.text("first\\"))
    #expect(editor.take(.enter) == .changed)
    _ = editor.take(.text("second"))
    #expect(editor.take(.enter) == .submitted("first\nsecond"))
    #expect(editor.buffer.isEmpty)
    #expect(editor.take(.enter) == .submitted(""))
  }

  @Test func theHistoryKeepsWhatIsBeingTyped() {
    var editor = LineEditor(bytesMaximum: 100)
    for text in ["one", "two", "two"] {
      _ = editor.take(.text(text))
      _ = editor.take(.enter)
    }
    _ = editor.take(.text("dra"))
    var seen: [String] = []
    for key in [Key.up, .up, .up, .down, .down, .down] {
      _ = editor.take(key)
      seen.append(editor.buffer.text)
    }
    // A text typed twice stands there once.
    #expect(seen == ["two", "one", "one", "two", "dra", "dra"])
  }

  @Test func theHistoryIsBounded() {
    var editor = LineEditor(bytesMaximum: 100)
    for number in 0..<300 {
      _ = editor.take(.text("\(number)"))
      _ = editor.take(.enter)
    }
    var steps = 0
    while editor.take(.up) == .changed { steps += 1 }
    #expect(steps == 200)
    #expect(editor.buffer.text == "100")
  }

  @Test func ctrlDEndsWhereNothingIsTyped() {
    var editor = LineEditor(bytesMaximum: 100)
    #expect(editor.take(.endOfInput) == .ended)
    _ = editor.take(.text("a"))
    #expect(editor.take(.endOfInput) == .unchanged)
  }

  @Test(arguments: [(10, LineEditor.Outcome.changed), (11, .tooLong)])
  func aTextBeyondTheLimitIsRefusedWhole(count: Int, outcome: LineEditor.Outcome) {
    var editor = LineEditor(bytesMaximum: 15)
    _ = editor.take(.text("12345"))
    #expect(editor.take(.paste(String(repeating: "x", count: count))) == outcome)
    #expect(editor.buffer.byteCount == (outcome == .changed ? 15 : 5))
    #expect(editor.take(.pasteTooLong) == .tooLong)
  }
}
