import GenkiCore
import GenkiRound
import Testing

/// The day that templates see in a round.
struct RoundDateTests {
  private func rules(date: String?, damaDtype: String? = "float32") -> RoundRules {
    RoundRules(
      stepSize: 0.125, revealBlocks: 5, evaluationDelayBlocks: 1, blockSize: 32,
      evaluationRows: 8, windowsMaximum: nil, probeWindows: 4,
      validationSet: [
        RoundRules.ValidationFile(name: "a.txt", sha256: CardFixture.digest("validation"))
      ], methods: ["full"], submissionBytesMaximum: 1 << 20, rankMaximum: 8, changeRatioMaximum: 1,
      matrixChangeRatioMaximum: 1, strategy: "weighted-mean", normBound: 3, damaDtype: damaDtype,
      date: date)
  }

  private func document(_ rules: RoundRules) -> RoundDocument {
    RoundDocument(
      round: 4, baseContentHash: CardFixture.digest("dama content"), rules: rules, made: nil,
      seen: [])
  }

  @Test(arguments: ["2026-11-29", nil]) func itStandsInTheManifest(date: String?) throws {
    let bytes = try document(rules(date: date)).encoded()
    #expect(String(decoding: bytes, as: UTF8.self).contains("2026-11-29") == (date != nil))
    #expect(try RoundDocument.parse(bytes, source: "manifest.json").rules.date == date)
  }

  @Test(arguments: ["2026-11-31", "29 Nov 2026", "", "2026-1-1"])
  func whatIsNoDayIsRefusedByName(date: String) throws {
    let bytes = try document(rules(date: date)).encoded()
    #expect {
      try RoundDocument.parse(bytes, source: "manifest.json")
    } throws: { error in
      "\(error)".contains("date is")
    }
  }

  @Test func theRulesOfBeforeHaveNone() throws {
    #expect(rules(date: "2026-11-29", damaDtype: nil).problem?.contains("dama_dtype") == true)
    #expect(rules(date: nil, damaDtype: nil).problem == nil)
  }
}
