import GenkiChain
import GenkiCore
import GenkiHub

/// The model card of a submission: a pure function of what is stored and configured.
public struct MinerCard: Sendable {
  /// How the model was trained, as far as it was trained here.
  public struct Training: Sendable {
    /// Settings and their values, in the order in which they are shown.
    public var settings: [(name: String, value: String)]
    /// Optimiser steps.
    public var steps: Int
    /// Tokens that were seen, padding included; nil where it is not known.
    public var tokens: Int?
    /// The losses, nats per token.
    public var result: Job.Result

    /// How the model was trained; see the properties.
    public init(
      settings: [(name: String, value: String)], steps: Int, tokens: Int?, result: Job.Result
    ) {
      self.settings = settings
      self.steps = steps
      self.tokens = tokens
      self.result = result
    }
  }

  /// The file's name in the repository.
  public static let fileName = CardSections.fileName

  /// The round.
  public var round: UInt64
  /// The subnet.
  public var netuid: UInt16
  /// Whose model it is.
  public var hotkey: SS58Address
  /// Where it goes.
  public var repository: RepositoryID
  /// The content hash of its weights.
  public var contentHash: ContentDigest
  /// The round's base.
  public var base: RoundDocument.BasePlace
  /// Whether it is an adapter and not a whole model.
  public var isAdapter: Bool
  /// What the operator says.
  public var terms: CardTerms
  /// How it was trained; nil for a model of the operator's own.
  public var training: Training?
  /// Whether samples of the data lie beside it.
  public var hasSamples: Bool

  /// A card; see the properties.
  public init(
    round: UInt64, netuid: UInt16, hotkey: SS58Address, repository: RepositoryID,
    contentHash: ContentDigest, base: RoundDocument.BasePlace, isAdapter: Bool, terms: CardTerms,
    training: Training?, hasSamples: Bool
  ) {
    self.round = round
    self.netuid = netuid
    self.hotkey = hotkey
    self.repository = repository
    self.contentHash = contentHash
    self.base = base
    self.isAdapter = isAdapter
    self.terms = terms
    self.training = training
    self.hasSamples = hasSamples
  }

  /// The file's content; equal cards have equal bytes.
  public var bytes: [UInt8] {
    let header = CardHeader(
      terms: terms, base: base.repository, relation: isAdapter ? .adapter : .finetune,
      netuid: netuid)
    let sections = [
      header.text, introduction, data, trained, CardSections.code("python", loading),
      CardSections.license(terms),
    ]
    return Array(sections.joined(separator: "\n").utf8)
  }

  private var introduction: String {
    """
    # \(CardText.inline(repository.name))

    \(isAdapter ? "A LoRA adapter" : "A finetuned model"), made for round \(round) of Genki-Dama, \
    federated learning on subnet \(netuid).

    - Round: \(round)
    - Base: \(CardSections.base(base))
    - Content hash of the weights: \(CardText.code(contentHash.hex))
    - Hotkey: \(CardText.code(hotkey.description))

    """
  }

  private var data: String {
    let words =
      CardSections.description(terms) ?? "The data are private; the miner does not describe them."
    let samples = hasSamples ? "\nThe miner shares some samples in `samples.jsonl`.\n" : ""
    return "## Data\n\n\(words)\n\(samples)"
  }

  private var trained: String {
    guard let training else {
      return "## Training\n\nThe model was made outside of the miner's daemon.\n\n## Use\n"
    }
    var rows = training.settings.map { [CardText.code($0.name), CardText.inline($0.value)] }
    if training.steps > 0 { rows.append(["steps done", "\(training.steps)"]) }
    if let tokens = training.tokens { rows.append(["tokens seen, padding included", "\(tokens)"]) }
    let losses = [
      ("training, last steps", training.result.trainLoss),
      ("held-out windows", training.result.evalLoss),
      ("held-out windows, base", training.result.baseEvalLoss),
    ].filter { $0.1 != nil }.map { [$0.0, CardSections.figure($0.1)] }
    let lossTable =
      losses.isEmpty ? "" : "\n" + CardText.table(["loss, nats per token", ""], losses)
    return "## Training\n\n" + CardText.table(["setting", "value"], rows) + lossTable + "\n## Use\n"
  }

  /// Base and tokenizer at the commit that the model was made from.
  private var loading: [String] {
    let pinned = "\"\(base.repository)\", revision=\"\(base.revision)\""
    let imports = ["from transformers import AutoModelForCausalLM, AutoTokenizer", ""]
    let tokenizer = "tokenizer = AutoTokenizer.from_pretrained(\(pinned))"
    guard isAdapter else {
      return imports + [
        tokenizer, "model = AutoModelForCausalLM.from_pretrained(\"\(repository)\")",
      ]
    }
    return ["from peft import PeftModel"] + imports + [
      tokenizer, "base = AutoModelForCausalLM.from_pretrained(\(pinned))",
      "model = PeftModel.from_pretrained(base, \"\(repository)\")",
    ]
  }
}
