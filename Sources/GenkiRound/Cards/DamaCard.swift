import GenkiCore
import GenkiHub

/// The model card of a base: a pure function of its manifest and of what the coordinator configured.
public struct DamaCard: Sendable {
  /// The file's name in the repository.
  public static let fileName = CardSections.fileName

  /// The manifest.
  public var document: RoundDocument
  /// The rules of the round that made the base, which may differ from those that it announces; nil for a
  /// first base.
  public var madeUnder: RoundRules?
  /// SHA-256 of its file.
  public var manifest: ContentDigest
  /// Where the base goes.
  public var repository: RepositoryID
  /// The subnet.
  public var netuid: UInt16
  /// What the coordinator says.
  public var terms: CardTerms
  /// The new base's losses by validation file; empty where they are not known.
  public var losses: [RoundDocument.SetLoss]

  /// A card; see the properties.
  public init(
    document: RoundDocument, madeUnder: RoundRules?, manifest: ContentDigest,
    repository: RepositoryID, netuid: UInt16,
    terms: CardTerms, losses: [RoundDocument.SetLoss]
  ) {
    self.document = document
    self.madeUnder = madeUnder
    self.manifest = manifest
    self.repository = repository
    self.netuid = netuid
    self.terms = terms
    self.losses = losses
  }

  /// The licence that another card states in its header, in a plain way; nil else.
  public static func license(ofCard text: String) -> String? { CardHeader.license(ofCard: text) }

  /// The file's content; equal cards have equal bytes.
  public var bytes: [UInt8] {
    let header = CardHeader(
      terms: terms, base: document.made?.base.repository, relation: .finetune, netuid: netuid)
    var sections = [header.text, introduction]
    if let words = CardSections.description(terms) { sections.append("## About\n\n\(words)\n") }
    if let made = document.made {
      sections += [origin(made), leaderboard(made), lossTable(made)].filter { !$0.isEmpty }
    }
    sections += [provenance, CardSections.use(repository), license]
    return Array(sections.joined(separator: "\n").utf8)
  }

  private var introduction: String {
    """
    # \(CardText.inline(repository.name))

    The base of round \(document.round) of Genki-Dama, federated learning on subnet \(netuid): \
    miners finetune it on data of their own, and what helps is merged into the next one.

    - Round: \(document.round)
    - Content hash of the weights: \(CardText.code(document.baseContentHash.hex))
    \(storage)
    """
  }

  /// How the next Dama will be stored.
  private var storage: String {
    switch document.rules.damaDtype {
    case "float32": "- The next Dama will be stored in float32\n"
    case "base": "- The next Dama will be stored as this base is\n"
    default: ""
    }
  }

  private func origin(_ made: RoundDocument.Made) -> String {
    var lines = [
      "- Base before: \(CardSections.base(made.base))",
      "- Made by: round \(made.round), which closed at block \(made.closeBlock)",
    ]
    if let step = made.step {
      if let rules = madeUnder {
        lines.append(
          "- Strategy: \(CardText.code(rules.strategy)), change norms bounded to "
            + "\(rules.normBound) times their median")
      }
      lines.append("- Step along the combined change: \(step)")
    } else {
      let note = made.note.map { ": \(CardText.inline($0))" } ?? ""
      lines.append("- No step helped, and the weights are those of the base before\(note)")
    }
    return "## How it was made\n\n" + lines.joined(separator: "\n") + "\n"
  }

  private func leaderboard(_ made: RoundDocument.Made) -> String {
    guard !made.candidates.isEmpty else { return "## Leaderboard\n\nNobody submitted a model.\n" }
    // Sorted by what was earned; the order of commitment decides among equals.
    let ranked = made.candidates.enumerated().sorted {
      ($1.element.weight, $1.element.score, $0.offset)
        < ($0.element.weight, $0.element.score, $1.offset)
    }.map(\.element)
    let rows = ranked.map { outcome -> [String] in
      let reason = [outcome.code, outcome.reason].compactMap { $0 }.joined(separator: ", ")
      let place = outcome.repository.map { repository in
        CardText.code("\(repository)" + (outcome.revision.map { "@\($0)" } ?? ""))
      }
      return [
        CardText.code(outcome.hotkey.description),
        outcome.verdict.rawValue
          + (reason.isEmpty ? "" : " (\(CardText.inline(reason, limit: 200)))"),
        CardSections.figure(outcome.deltaLoss, isSigned: true),
        CardSections.figure(outcome.dataSimilarity), CardSections.figure(outcome.score),
        "\(outcome.weight)", place ?? "–",
      ]
    }
    return "## Leaderboard\n\n"
      + CardText.table(
        ["hotkey", "verdict", "Δloss", "similarity", "score", "weight", "model"], rows)
      + "\nΔloss is the gain in nats per token at "
      + (madeUnder.map { "step \($0.stepSize)" } ?? "a small step") + " along the model's change, "
      + "similarity that to the nearest earlier model.\n"
  }

  private func lossTable(_ made: RoundDocument.Made) -> String {
    guard !made.baseLosses.isEmpty else { return "" }
    let rows = made.baseLosses.map { set -> [String] in
      let now = losses.first { $0.name == set.name }?.loss
      return [
        CardText.inline(set.name), CardSections.figure(set.loss), CardSections.figure(now),
      ]
    }
    return "## Held-out loss, nats per token\n\n"
      + CardText.table(["file", "base before", "this base"], rows)
  }

  private var provenance: String {
    var lines = [
      "- `manifest.json`: rules and all verdicts, SHA-256 \(CardText.code(manifest.hex))"
    ]
    if let digest = document.made?.aggregationSha256 {
      lines.append(
        "- `aggregation.json`: inputs, weights and step, SHA-256 \(CardText.code(digest.hex))")
    }
    if let digest = document.made?.damaSha256 {
      lines.append("- `model.safetensors`: SHA-256 \(CardText.code(digest.hex))")
    }
    var text = "## Provenance\n\n" + lines.joined(separator: "\n") + "\n"
    if document.made?.aggregationSha256 != nil {
      text +=
        "\nAnybody can make the weights again, to the byte, from the base before and the accepted "
        + "models, in the order of `aggregation.json`:\n\n"
        + CardSections.code(
          "sh",
          [
            "genki-validatord verify-round --manifest aggregation.json \\",
            "  --base BASE-FOLDER --model FIRST-FOLDER SECOND-FOLDER",
          ])
    }
    return text
  }

  private var license: String {
    let inputs =
      document.made == nil
      ? ""
      : "\nThe licences of the models that were merged are not known here; the miners' own cards "
        + "state them.\n"
    return CardSections.license(terms) + inputs
  }
}
