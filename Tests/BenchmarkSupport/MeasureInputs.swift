import GenkiCore

/// The files that workloads are measured with.
package struct MeasureInputs: Sendable, Equatable {
  /// Where models are kept between runs.
  package let cache: String
  /// A `tokenizer.json`.
  package let tokenizer: String
  /// The files whose text is made ids of.
  package let texts: [String]

  package init(
    cache: String, tokenizer: String = Self.defaultTokenizer, texts: [String] = Self.defaultTexts
  ) {
    self.cache = cache
    self.tokenizer = tokenizer
    self.texts = texts
  }

  /// GPT-2's kind of tokenizer, of 2,048 ids, from the repository's root.
  package static let defaultTokenizer = "Tests/Vectors/formats/tokenizers/gpt2/tokenizer.json"
  /// The demo's texts, from the repository's root.
  package static let defaultTexts = ["shakespeare", "bible", "devils-dictionary", "jargon"].map {
    "config/demo/\($0).txt"
  }

  /// The same inputs as a worker's arguments.
  package var arguments: [String] {
    ["--cache", cache, "--tokenizer", tokenizer] + texts.flatMap { ["--text", $0] }
  }

  /// Other texts are another file in the cache.
  var textsDigest: String {
    String(SHA256Hasher.digest(of: Array(texts.joined(separator: "\n").utf8)).hex.prefix(8))
  }
}
