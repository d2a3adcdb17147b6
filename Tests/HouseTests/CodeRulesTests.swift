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
      $0.target != "GenkiService" && !$0.path.hasSuffix("/main.swift")
    }
    #expect(SourceTree.places(in: quiet, matching: #/(^|[^\w.])(print|debugPrint|dump)\(/#) == [])
  }

  @Test func nothingTrapsOnPurpose() {
    let pattern = #/\b(try|as)!|\bfatal[E]rror\(|\bunsafe[B]itCast\(|\bassertion[F]ailure\(/#
    #expect(SourceTree.places(in: SourceTree.sources, matching: pattern) == [])
    #expect(SourceTree.places(in: SourceTree.tests, matching: #/\btry!|\bfatal[E]rror\(/#) == [])
  }

  @Test func nothingSleeps() {
    let pattern = #/\b(Thread\.s[l]eep|Task\.s[l]eep|us[l]eep|nanos[l]eep|s[l]eep)\(/#
    #expect(SourceTree.places(in: Self.all, matching: pattern) == [], "wait for the condition")
  }

  @Test func nothingIsLeftForLater() {
    let pattern =
      #/\bT[O]DO\b|\bF[I]XME\b|\bX[X]X\b|\bH[A]CK\b|\bfor n[o]w\b|not (yet )?impl[e]mented|\.disabl[e]d\(/#
    for file in Self.all + SourceTree.documents + SourceTree.scripts {
      for (index, line) in file.lines.enumerated() where line.contains(pattern) {
        Issue.record("\(file.path):\(index + 1): \(line)")
      }
    }
  }

  @Test func noFileNamesAMachinesFolders() {
    let pattern = #/"/(work|home|opt|root|Users)/|/t[m]p/genki/#
    for file in Self.all + SourceTree.documents + SourceTree.scripts {
      for (index, line) in file.lines.enumerated() where line.contains(pattern) {
        Issue.record("\(file.path):\(index + 1): \(line)")
      }
    }
  }

  @Test(arguments: [
    ("let a = 1 // try! b", "let a = 1 "),
    (#"let a = "print(1)" + b"#, #"let a = "" + b"#),
    (#"let a = "\"// x" + c"#, #"let a = "" + c"#),
    (#"let url = "https://x" // why"#, #"let url = "" "#),
  ])
  func codeIsALineWithoutCommentsAndStrings(line: String, code: String) {
    #expect(SourceTree.code(of: line) == code)
  }
}
