import GenkiChain
import GenkiCore
import GenkiHub
import GenkiRound
import Testing

/// What the tests of cards work with.
enum CardFixture {
  static let revision = String(repeating: "ab", count: 20)

  static func digest(_ text: String) -> ContentDigest { SHA256Hasher.digest(of: Array(text.utf8)) }

  static func hotkey(_ number: UInt8) throws -> SS58Address {
    try SS58Address(publicKey: [UInt8](repeating: number, count: 32))
  }

  static func base() throws -> RoundDocument.BasePlace {
    RoundDocument.BasePlace(
      repository: try #require(RepositoryID("dama/dama-r3")),
      revision: try #require(Revision(hex: revision)), contentHash: digest("base"))
  }

  static let terms = CardTerms(
    license: "apache-2.0", description: "Letters | \"old\"\n---\n# not a title\u{2028}end",
    languages: ["en", "no"])
}

struct MinerCardTests {
  private func card(_ change: (inout MinerCard) -> Void = { _ in }) throws -> MinerCard {
    var card = MinerCard(
      round: 3, netuid: 7, hotkey: try CardFixture.hotkey(1),
      repository: try #require(RepositoryID("alice/mine-r3")),
      contentHash: CardFixture.digest("weights"), base: try CardFixture.base(), isAdapter: true,
      terms: CardFixture.terms,
      training: MinerCard.Training(
        settings: [("method", "lora"), ("target_modules", "q_proj, v|proj")], steps: 12,
        tokens: 3_456,
        result: Job.Result(
          sha256: CardFixture.digest("file"), contentHash: CardFixture.digest("weights"),
          trainLoss: 1.25, evalLoss: 2, baseEvalLoss: 2.5)), hasSamples: true)
    change(&card)
    return card
  }

  @Test func theHeaderIsWhatTheHubReads() throws {
    let found = try FrontMatter(card().bytes).values
    #expect(
      found == [
        "license": ["apache-2.0"], "language": ["en", "no"], "base_model": ["dama/dama-r3"],
        "base_model_relation": ["adapter"], "library_name": ["peft"],
        "pipeline_tag": ["text-generation"],
        "tags": ["genki-dama", "federated-learning", "netuid-7"],
      ])
    let full = try FrontMatter(card { $0.isAdapter = false }.bytes).values
    #expect(full["base_model_relation"] == ["finetune"])
    #expect(full["library_name"] == ["transformers"])
  }

  @Test func theBodyTellsWhatWasMadeAndHowToLoadIt() throws {
    let body = try FrontMatter(card().bytes).body
    for text in [
      "- Round: 3\n", "`dama/dama-r3@\(CardFixture.revision)`, content hash `",
      "Content hash of the weights: `\(CardFixture.digest("weights"))`",
      "Hotkey: `\(try CardFixture.hotkey(1))`", "| `method` | lora |", "q\\_proj, v\\|proj",
      "| steps done | 12 |", "| tokens seen, padding included | 3456 |",
      "| training, last steps | 1.2500 |", "| held-out windows | 2.0000 |",
      "| held-out windows, base | 2.5000 |", "`samples.jsonl`",
      "base = AutoModelForCausalLM.from_pretrained(\"dama/dama-r3\", "
        + "revision=\"\(CardFixture.revision)\")",
      "PeftModel.from_pretrained(base, \"alice/mine-r3\")", "## Licence\n\n`apache-2.0`",
      "Letters \\| \"old\"\\\n\\---\\\n\\# not a title\\\nend",
    ] {
      #expect(body.contains(text), "\(text)\n\(body)")
    }
    #expect(body.split(separator: "\n").count { $0.hasPrefix("# ") } == 1)
  }

  @Test func whatIsNotKnownIsNotClaimed() throws {
    let bytes = try card {
      $0.terms = CardTerms()
      $0.training = nil
      $0.hasSamples = false
      $0.isAdapter = false
    }.bytes
    let card = try FrontMatter(bytes)
    #expect(card.values["license"] == nil)
    #expect(card.values["language"] == nil)
    #expect(card.body.contains("## Licence\n\nNone is stated.\n"))
    #expect(!card.body.contains("loss"))
    #expect(!card.body.contains("samples"))
    #expect(!card.body.contains("peft"))
    #expect(
      card.body.contains("model = AutoModelForCausalLM.from_pretrained(\"alice/mine-r3\")"))
  }
}
