import Foundation
import GenkiCore
import GenkiHub

/// What the cards of miners and of the coordinator say alike.
enum CardSections {
  /// The file's name in a repository.
  static let fileName = "README.md"

  /// A figure with four decimals, the same on every machine.
  static func figure(_ value: Double?, isSigned: Bool = false) -> String {
    guard let value, value.isFinite else { return "–" }
    return String(format: isSigned ? "%+.4f" : "%.4f", value)
  }

  static func base(_ base: RoundDocument.BasePlace) -> String {
    CardText.code("\(base.repository)@\(base.revision)")
      + ", content hash \(CardText.code(base.contentHash.hex))"
  }

  static func license(_ terms: CardTerms) -> String {
    let stated = terms.license.map { CardText.code($0) } ?? "None is stated."
    return "## Licence\n\n\(stated)\n"
  }

  static func description(_ terms: CardTerms) -> String? {
    terms.description.map { CardText.paragraphs($0) }
  }

  /// How a whole model is loaded.
  static func use(_ repository: RepositoryID) -> String {
    "## Use\n\n"
      + code(
        "python",
        [
          "from transformers import AutoModelForCausalLM, AutoTokenizer", "",
          "tokenizer = AutoTokenizer.from_pretrained(\"\(repository)\")",
          "model = AutoModelForCausalLM.from_pretrained(\"\(repository)\")",
        ])
  }

  /// A fenced block of lines that are made here from checked ids.
  static func code(_ language: String, _ lines: [String]) -> String {
    "```\(language)\n" + lines.joined(separator: "\n") + "\n```\n"
  }
}
