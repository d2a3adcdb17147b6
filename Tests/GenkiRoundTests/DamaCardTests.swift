import GenkiChain
import GenkiCore
import GenkiHub
import GenkiRound
import Testing

struct DamaCardTests {
  private static let rules = RoundRules(
    stepSize: 0.125, revealBlocks: 5, evaluationDelayBlocks: 1, blockSize: 32, evaluationRows: 8,
    windowsMaximum: nil, probeWindows: 4,
    validationSet: [
      RoundRules.ValidationFile(name: "a|b.txt", sha256: CardFixture.digest("validation"))
    ], methods: ["full"], submissionBytesMaximum: 1 << 20, rankMaximum: 8, changeRatioMaximum: 1,
    matrixChangeRatioMaximum: 1, strategy: "weighted-mean", normBound: 3, damaDtype: "float32")

  private func made(step: Double?) throws -> RoundDocument.Made {
    var good = Outcome(
      hotkey: try CardFixture.hotkey(2), block: 9, extrinsicIndex: 0,
      repository: RepositoryID("bob/mine-r3"), revision: Revision(hex: CardFixture.revision),
      verdict: .accepted)
    (good.deltaLoss, good.dataSimilarity, good.score, good.weight) = (0.0312, 0.25, 0.02, 65_535)
    let bad = Outcome(
      hotkey: try CardFixture.hotkey(3), block: 8, extrinsicIndex: 1, repository: nil,
      revision: nil, verdict: .rejected, gate: 2, code: "files_refused",
      reason: "the name \"a|b\n# c\u{202E}\" | <b>[x](https://y)</b>")
    return RoundDocument.Made(
      round: 3, base: try CardFixture.base(), closeBlock: 40, probeSeed: CardFixture.digest("seed"),
      candidates: [bad, good], baseLosses: [RoundDocument.SetLoss(name: "a|b.txt", loss: 2.5)],
      step: step, note: step == nil ? "nothing | helped" : nil,
      damaSha256: step == nil ? nil : CardFixture.digest("dama"),
      aggregationSha256: step == nil ? nil : CardFixture.digest("aggregation"))
  }

  private func card(_ made: RoundDocument.Made?, terms: CardTerms = CardFixture.terms) throws
    -> FrontMatter
  {
    // The round to come has other rules than the one that made the base.
    var rules = Self.rules
    (rules.strategy, rules.stepSize) = ("median", 1)
    let document = RoundDocument(
      round: 4, baseContentHash: CardFixture.digest("dama content"), rules: rules, made: made,
      seen: [])
    let card = DamaCard(
      document: document, madeUnder: made == nil ? nil : Self.rules,
      manifest: CardFixture.digest("manifest"),
      repository: try #require(RepositoryID("dama/dama-r4")), netuid: 7, terms: terms,
      losses: [RoundDocument.SetLoss(name: "a|b.txt", loss: 2.4)])
    return try FrontMatter(card.bytes)
  }

  @Test func aMergedBaseHasItsLeaderboardAndItsProvenance() throws {
    let card = try card(made(step: 0.5))
    #expect(
      card.values == [
        "license": ["apache-2.0"], "language": ["en", "no"], "base_model": ["dama/dama-r3"],
        "base_model_relation": ["finetune"], "library_name": ["transformers"],
        "pipeline_tag": ["text-generation"],
        "tags": ["genki-dama", "federated-learning", "netuid-7"],
      ])
    let first = "| `\(try CardFixture.hotkey(2))` | accepted | +0.0312 | 0.2500 | 0.0200 | 65535 | "
    for text in [
      first + "`bob/mine-r3@\(CardFixture.revision)` |", "- Strategy: `weighted-mean`",
      "at step 0.125 along",
      "- Step along the combined change: 0.5", "| a\\|b.txt | 2.5000 | 2.4000 |",
      "SHA-256 `\(CardFixture.digest("manifest"))`", "SHA-256 `\(CardFixture.digest("dama"))`",
      "SHA-256 `\(CardFixture.digest("aggregation"))`", "genki-validatord verify-round",
      "The licences of the models that were merged are not known here",
    ] {
      #expect(card.body.contains(text), "\(text)\n\(card.body)")
    }
  }

  @Test func everyRowOfATableHasItsCells() throws {
    let body = try card(made(step: 0.5)).body
    let rows = body.split(separator: "\n").filter { $0.hasPrefix("| ") }
    #expect(rows.count == 4 + 3)
    for row in rows {
      let bars = row.replacing(/\\./, with: "").count { $0 == "|" }
      #expect([4, 8].contains(bars), "\(row)")
    }
    #expect(!body.contains("<b>"))
    #expect(!body.replacing(/\\./, with: "").contains("](http"))
    #expect(!body.contains("\u{202E}"))
  }

  @Test func aBaseThatStayedSaysWhy() throws {
    let body = try card(made(step: nil)).body
    #expect(body.contains("the weights are those of the base before: nothing \\| helped"))
    #expect(!body.contains("verify-round"))
  }

  @Test func aFirstBaseHasNoBaseBefore() throws {
    let card = try card(nil, terms: CardTerms())
    #expect(card.values["base_model"] == nil)
    #expect(card.values["base_model_relation"] == nil)
    #expect(card.values["license"] == nil)
    #expect(!card.body.contains("Leaderboard"))
    #expect(card.body.contains("## Licence\n\nNone is stated.\n"))
  }

  @Test(arguments: [
    ("---\nlicense: mit\n---\n", "mit"),
    ("---\ntags:\n- a\nlicense: \"apache-2.0\"  \n---\n# x", "apache-2.0"),
    ("---\r\nlicense: 'mit'\r\n---\r\n", "mit"), ("license: mit\n", nil),
    ("---\nlicense: mit\n", nil),
    ("---\nlicense:\n- mit\n---\n", nil), ("---\nlicense: a b\n---\n", nil),
    ("---\nname: x\n---\nlicense: mit\n---\n", nil), ("", nil), ("---\nlicense: \"\n---\n", nil),
  ])
  func aPlainLicenceOfAnotherCardIsFound(_ text: String, _ license: String?) {
    #expect(DamaCard.license(ofCard: text) == license)
  }
}
