import GenkiConsole
import Testing

struct VisibleTextTests {
  private static let cases: [(text: String, shown: String)] = [
    ("plain\n\ttext", "plain\n\ttext"),
    ("wörld 漢字 👨‍👩‍👧 עברית", "wörld 漢字 👨‍👩‍👧 עברית"),
    ("\u{1B}[31mred\u{1B}]0;title\u{7}", "\\u{1b}[31mred\\u{1b}]0;title\\u{7}"),
    ("a\u{9B}2J\u{90}x\u{9C}", "a\\u{9b}2J\\u{90}x\\u{9c}"),
    ("\u{0}\u{8}\u{7F}\u{E}", "\\u{0}\\u{8}\\u{7f}\\u{e}"),
    ("one\r\ntwo", "one\ntwo"),
    ("secret\rpublic", "secret\\u{d}public"),
    ("\r\r\n\r", "\\u{d}\n\\u{d}"),
  ]

  @Test(arguments: cases.indices) func controlCharactersAreShown(index: Int) {
    let (text, shown) = Self.cases[index]
    var whole = VisibleText()
    #expect(whole.append(text) + whole.finish() == shown)
    var pieces = VisibleText()
    let found = text.unicodeScalars.map { pieces.append(String($0)) }.joined()
    #expect(found + pieces.finish() == shown)
  }
}
