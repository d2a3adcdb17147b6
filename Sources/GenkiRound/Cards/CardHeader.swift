import GenkiHub

/// The YAML that a model card begins with, from which the Hub fills its pages.
struct CardHeader {
  /// How a model came from its base, in the Hub's words.
  enum Relation: String {
    case finetune
    case adapter
    /// The same model in fewer bits.
    case quantized
  }

  var terms: CardTerms
  /// The model that this one was made from; nil for a first base.
  var base: RepositoryID?
  var relation: Relation
  var netuid: UInt16

  /// The lines, the dashes around them included.
  var text: String {
    var lines = ["---"]
    if let license = terms.license { lines.append("license: \(CardText.yaml(license))") }
    lines += Self.list("language", terms.languages)
    if let base {
      lines.append("base_model: \(CardText.yaml(base.description))")
      lines.append("base_model_relation: \(relation.rawValue)")
    }
    lines.append("library_name: \(relation == .adapter ? "peft" : "transformers")")
    lines.append("pipeline_tag: text-generation")
    lines += Self.list("tags", ["genki-dama", "federated-learning", "netuid-\(netuid)"])
    return lines.joined(separator: "\n") + "\n---\n"
  }

  private static func list(_ key: String, _ values: [String]) -> [String] {
    values.isEmpty ? [] : ["\(key):"] + values.map { "- \(CardText.yaml($0))" }
  }

  /// The licence that a card states in its header; nil if it has none or says it in another way than one
  /// plain or quoted word.
  static func license(ofCard text: String) -> String? {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
      return nil
    }
    let key = "license:"
    guard let line = lines[1..<end].first(where: { $0.hasPrefix(key) }) else { return nil }
    var word = line.dropFirst(key.count).drop { $0 == " " }
    while word.last == " " { word.removeLast() }
    for quote in ["\"", "'"] where word.count > 2 && word.hasPrefix(quote) && word.hasSuffix(quote)
    {
      word = word.dropFirst().dropLast()
    }
    let found = String(word)
    return CardTerms.isCode(found) ? found : nil
  }
}
