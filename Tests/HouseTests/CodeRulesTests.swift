import Testing

/// What no file may hold, and how long it may be. Patterns are written so that this file does not
/// match itself.
@Suite struct CodeRulesTests {
  private static let linesMaximum = 500
  private static let all = SourceTree.sources + SourceTree.tests

  @Test func theTreeIsFound() {
    #expect(SourceTree.sources.count > 30)
    #expect(SourceTree.tests.count > 10)
  }

  @Test func noFileIsLongerThanFiveHundredLines() {
    let long = Self.all.filter { $0.lines.count > Self.linesMaximum + 1 }
    #expect(long.map { "\($0.path): \($0.lines.count)" } == [], "it probably holds two things")
  }

  @Test func onlyMainsAndTheConsolePrint() {
    let quiet = SourceTree.sources.filter {
      $0.target != "GenkiConsole" && !$0.path.hasSuffix("/main.swift")
    }
    let places = SourceTree.places(
      in: quiet, words: ["print(", "debugPrint(", "dump("],
      matching: #/(^|[^\w.])(print|debugPrint|dump)\(/#)
    #expect(places == [])
  }

  @Test func nothingTrapsOnPurpose() {
    let words = [
      "try" + "!", "as!", "fatal" + "Error", "unsafe" + "BitCast", "assertion" + "Failure",
    ]
    let places = SourceTree.places(
      in: SourceTree.sources, words: words,
      matching: #/\b(try|as)!|\bfatal[E]rror\(|\bunsafe[B]itCast\(|\bassertion[F]ailure\(/#)
    #expect(places == [])
    let inTests = SourceTree.places(
      in: SourceTree.tests, words: words, matching: #/\btry!|\bfatal[E]rror\(/#)
    #expect(inTests == [])
  }

  @Test func nothingSleeps() {
    let places = SourceTree.places(
      in: Self.all, words: ["sle" + "ep("],
      matching: #/\b(Thread\.s[l]eep|Task\.s[l]eep|us[l]eep|nanos[l]eep|s[l]eep)\(/#)
    #expect(places == [], "wait for the condition")
  }

  @Test func nothingIsLeftForLater() {
    let places = SourceTree.textPlaces(
      in: Self.all + SourceTree.documents + SourceTree.scripts,
      words: ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "for " + "now", "impl", ".dis"],
      matching:
        #/\bT[O]DO\b|\bF[I]XME\b|\bX[X]X\b|\bH[A]CK\b|\bfor n[o]w\b|not (yet )?impl[e]mented|\.disabl[e]d\(/#
    )
    #expect(places == [])
  }

  @Test func noFileNamesAMachinesFolders() {
    let places = SourceTree.textPlaces(
      in: Self.all + SourceTree.documents + SourceTree.scripts,
      words: ["\"/", "/tm" + "p/genki"],
      matching: #/"/(work|home|opt|root|Users)/|/t[m]p/genki/#)
    #expect(places == [])
  }

  @Test(arguments: [
    ("let a = 1 // as! b", "let a = 1 "),
    (#"let a = "print(1)" + b"#, #"let a = "" + b"#),
    (#"let a = "\"// x" + c"#, #"let a = "" + c"#),
    (#"let url = "https://x" // why"#, #"let url = "" "#),
  ])
  func codeIsALineWithoutCommentsAndStrings(line: String, code: String) {
    #expect(SourceTree.code(of: line) == code)
  }
}
