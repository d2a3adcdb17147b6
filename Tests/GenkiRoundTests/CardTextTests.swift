import GenkiRound
import Testing

struct CardTextTests {
  static let hostile = [
    "\"quoted\" and \\ and 'single'", "a\nb\r\nc\tq", "---", "a: b # c", "- item", "| a | b |",
    "\u{2028}\u{2029}\u{85}\u{FEFF}\u{202E}", "\u{1F600} \u{E0001} é 漢字", "yes", "null", "0x1F",
    "*a* _b_ `c` [d](e) <f> &amp; $g$ ~h~ !i", "", "  spaces  ", "{a: b}", "%", "@", "\u{7F}\u{0}",
  ]

  @Test(arguments: hostile)
  func aYAMLScalarIsOneLineOfPrintableTextAndComesBack(_ text: String) throws {
    let scalar = CardText.yaml(text)
    #expect(
      scalar.unicodeScalars.allSatisfy { scalar in
        ![.control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse]
          .contains(scalar.properties.generalCategory)
      })
    let card = try FrontMatter(Array("---\nkey: \(scalar)\n---\n".utf8))
    #expect(
      card.values["key"].map { $0.map { Array($0.unicodeScalars) } } == [Array(text.unicodeScalars)]
    )
  }

  /// The text that CommonMark shows for a line: escapes are taken away, and nothing else may mean anything.
  private func shown(_ markdown: String) -> String? {
    var result = ""
    var isEscaped = false
    for scalar in markdown.unicodeScalars {
      if isEscaped || scalar == "\\" {
        if isEscaped { result.unicodeScalars.append(scalar) }
        isEscaped = !isEscaped
      } else if "*_`[]<>&|#~$!{}^@:".unicodeScalars.contains(scalar) {
        return nil
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return isEscaped ? nil : result
  }

  @Test(arguments: hostile)
  func inlineTextMeansNothingToMarkdown(_ text: String) {
    let line = CardText.inline(text)
    let words = text.split { $0.isWhitespace }.joined(separator: " ")
    #expect(!line.contains { $0.isNewline })
    #expect(line.firstMatch(of: /^[-+=#>]|^[0-9]+[.)]/) == nil)
    if text.unicodeScalars.allSatisfy({
      ![.format, .control].contains($0.properties.generalCategory) || $0.properties.isWhitespace
    }) {
      #expect(shown(line) == words)
    } else {
      #expect(shown(line)?.contains("U+") == true)
    }
  }

  @Test func linksAndListsAndLongTextsAreText() {
    #expect(CardText.inline("see https://a.b") == "see https\\://a.b")
    #expect(CardText.inline("www.a.b") == "www\\.a.b")
    #expect(CardText.inline("1. first") == "1\\. first")
    #expect(CardText.inline("+1") == "\\+1")
    #expect(CardText.inline(String(repeating: "a", count: 500), limit: 3) == "aaa…")
    #expect(CardText.code("a/b@1") == "`a/b@1`")
    #expect(CardText.code("a`|b") == "a\\`\\|b")
    #expect(CardText.code("") == "")
  }

  @Test func paragraphsKeepLines() {
    #expect(CardText.paragraphs("a\n b\n\n---\nc") == "a\\\nb\n\n\\---\\\nc")
    #expect(CardText.paragraphs("a\u{2028}# b") == "a\\\n\\# b")
  }
}
