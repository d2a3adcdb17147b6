import GenkiConsole
import Testing

struct KeyDecoderTests {
  private static let cases: [(bytes: String, keys: [Key])] = [
    ("hello\r", [.text("hello"), .enter]),
    ("one\ntwo\n", [.text("one"), .enter, .text("two"), .enter]),
    ("wörld 漢 😀", [.text("wörld 漢 😀")]),
    ("a\tb", [.text("a"), .text("\t"), .text("b")]),
    ("\u{1}\u{5}\u{2}\u{6}", [.home, .end, .left, .right]),
    (
      "\u{B}\u{15}\u{17}\u{C}\u{4}",
      [
        .deleteToEnd, .deleteToStart, .deleteWord, .clearScreen, .endOfInput,
      ]
    ),
    ("\u{7F}\u{8}", [.backspace, .backspace]),
    ("\u{10}\u{E}", [.up, .down]),
    ("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
    ("\u{1B}OA\u{1B}OH\u{1B}OF", [.up, .home, .end]),
    (
      "\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[7~\u{1B}[8~",
      [.home, .end, .home, .end, .home, .end]
    ),
    ("\u{1B}[3~", [.delete]),
    ("\u{1B}[1;5C\u{1B}[1;3D\u{1B}b\u{1B}f", [.wordRight, .wordLeft, .wordLeft, .wordRight]),
    ("\u{1B}\u{7F}", [.deleteWord]),
    ("\u{1B}\r", [.newLine]),
    ("\u{1B}[200~one\rtwo\u{1B}[201~!", [.paste("one\ntwo"), .text("!")]),
    ("\u{1B}[200~\u{3}\u{1B}[A\u{1B}[201~", [.paste("\u{3}\u{1B}[A")]),
    // What nobody knows is swallowed whole.
    ("\u{1B}[15~a\u{1B}[?1;2cb\u{1B}xc", [.text("a"), .text("b"), .text("c")]),
    ("\u{1B}[" + String(repeating: "1;", count: 5000) + "ma", [.text("a")]),
    ("\u{3}\u{16}\u{1C}", []),
  ]

  @Test(arguments: cases.indices) func keysAreThoseOfTheBytes(index: Int) {
    let (bytes, keys) = Self.cases[index]
    var whole = KeyDecoder(pasteBytesMaximum: 100)
    #expect(whole.append(bytes.utf8) == keys)
  }

  /// A text may come in several keys then; everything else is the same.
  @Test(arguments: cases.indices) func piecesMayEndAnywhere(index: Int) {
    let (bytes, keys) = Self.cases[index]
    var decoder = KeyDecoder(pasteBytesMaximum: 100)
    let found = bytes.utf8.flatMap { decoder.append([$0]) }
    #expect(Self.joined(found) == Self.joined(keys))
  }

  private static func joined(_ keys: [Key]) -> [Key] {
    keys.reduce(into: []) { result, key in
      if case .text(let more) = key, case .text(let text)? = result.last {
        result[result.count - 1] = .text(text + more)
      } else {
        result.append(key)
      }
    }
  }

  @Test func bytesThatAreNoUTF8AreReplaced() {
    var decoder = KeyDecoder(pasteBytesMaximum: 100)
    #expect(decoder.append([0x61, 0xFF, 0x62]) == [.text("a\u{FFFD}b")])
    #expect(decoder.append([0xE6, 0xBC]) == [])
    #expect(decoder.append([0x0D]) == [.text("\u{FFFD}"), .enter])
  }

  @Test func anEscapeThatNothingFollowsIsNoPartOfTheNextKey() {
    var decoder = KeyDecoder(pasteBytesMaximum: 100)
    #expect(decoder.append([0x1B]) == [])
    #expect(decoder.isWithinEscape)
    decoder.endEscape()
    #expect(decoder.append("[A".utf8) == [.text("[A")])
  }

  @Test(arguments: [(100, false), (101, true), (5000, true)])
  func aPasteBeyondTheLimitIsToldAndNothingOfItKept(count: Int, isTooLong: Bool) {
    var decoder = KeyDecoder(pasteBytesMaximum: 100)
    let text = String(repeating: "x", count: count)
    #expect(
      decoder.append("\u{1B}[200~\(text)\u{1B}[201~y".utf8)
        == [isTooLong ? .pasteTooLong : .paste(text), .text("y")])
  }

  @Test func aPasteThatNeverEndsCanBeForgotten() {
    var decoder = KeyDecoder(pasteBytesMaximum: 100)
    #expect(decoder.append("\u{1B}[200~abc\r".utf8) == [])
    decoder.reset()
    #expect(decoder.append("d".utf8) == [.text("d")])
  }
}
