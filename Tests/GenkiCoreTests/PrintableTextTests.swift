import GenkiCore
import Testing

@Suite struct PrintableTextTests {
  @Test(arguments: [
    ("plain name", "\"plain name\""), ("é 名😀", "\"é 名😀\""), ("a\"b\\c", "\"a\\\"b\\\\c\""),
    ("\u{1b}[31m\n\0", "\"\\u{1b}[31m\\u{a}\\u{0}\""), ("a\u{202e}b", "\"a\\u{202e}b\""),
    ("\u{9b}2J", "\"\\u{9b}2J\""),
  ])
  func quotedTextIsSafeOnATerminal(_ text: String, _ quoted: String) {
    #expect(text.quoted() == quoted)
  }

  @Test func longTextIsCut() {
    #expect("abcdef".quoted(limit: 3) == "\"abc…\"")
    #expect("abc".quoted(limit: 3) == "\"abc\"")
  }
}
