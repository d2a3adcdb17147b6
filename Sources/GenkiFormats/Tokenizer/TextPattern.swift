/// How a pre-tokenizer cuts a text into pieces: each case stands for known regular expressions,
/// written out as a scanner (`PatternScanner`).
enum TextPattern: Sendable, Equatable {
  /// GPT-2, GPT-Neo, GPT-NeoX and SmolLM2.
  case gpt2
  /// Llama 3, Qwen2 and GPT-4: so many digits to a piece, and marks with the letters (Qwen3.5) or not.
  case llama3(digitsMaximum: Int, marksWithLetters: Bool)
  /// GPT-4o and Mistral's tekken: a word ends where capitals begin.
  case o200k(digitsMaximum: Int, contractions: Bool)
  /// DeepSeek: its last `Split`, which leaves gaps.
  case deepseek
  /// Chinese and Japanese apart from everything else.
  case ideographs
  /// Up to so many numbers (`\p{N}`) to a piece, apart from everything else.
  case numbers(maximum: Int)
  /// The digit splitter.
  case digits(individual: Bool)
  /// A piece ends behind each blank.
  case behindBlanks
  /// A piece begins at each U+2581.
  case beforeMetaspaces

  /// The pattern that a regular expression of a `Split` pre-tokenizer stands for.
  init?(regularExpression: String) {
    // Compared by scalars: the == of strings takes canonically equivalent text as equal.
    let scalars = regularExpression.unicodeScalars
    guard
      let known = Self.known.first(where: { $0.expression.unicodeScalars.elementsEqual(scalars) })
    else { return nil }
    self = known.pattern
  }

  /// Whether the pieces are matches without text between them, so that it is all the same whether
  /// matches are isolated or everything else is removed.
  var coversAllText: Bool {
    switch self {
    case .gpt2, .llama3, .o200k: true
    case .deepseek, .ideographs, .numbers, .digits, .behindBlanks, .beforeMetaspaces: false
    }
  }

  private static let known: [(expression: String, pattern: TextPattern)] =
    gpt2Forms + llama3Forms + o200kForms + deepseekForms

  private static let gpt2Forms: [(String, TextPattern)] = [
    "'s|'t|'re|'ve|'m|'ll|'d", "'(?:[sdmt]|ll|ve|re)",
  ].map { ($0 + #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2) }

  private static let llama3Forms: [(String, TextPattern)] =
    [(#"\p{N}"#, 1), (#"\p{N}{1,2}"#, 2), (#"\p{N}{1,3}"#, 3)].flatMap { numbers, maximum in
      let pattern = TextPattern.llama3(digitsMaximum: maximum, marksWithLetters: false)
      return [
        (
          #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + numbers
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, pattern
        ),
        // Possessive, and with a single line break behind white space: the same pieces.
        (
          #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|"# + numbers
            + #"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#, pattern
        ),
        (
          #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|"# + numbers
            + #"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#, pattern
        ),
        (
          #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|"# + numbers
            + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
          .llama3(digitsMaximum: maximum, marksWithLetters: true)
        ),
      ]
    }

  private static let o200kForms: [(String, TextPattern)] = {
    let first = #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
    let second = #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
    let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
    let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    return [(#"\p{N}"#, 1), (#"\p{N}{1,3}"#, 3)].flatMap { numbers, maximum in
      [
        (
          "\(first)\(contractions)|\(second)\(contractions)|\(numbers)\(rest)",
          .o200k(digitsMaximum: maximum, contractions: true)
        ),
        (
          "\(first)|\(second)|\(numbers)\(rest)",
          .o200k(digitsMaximum: maximum, contractions: false)
        ),
      ]
    }
  }()

  private static let deepseekForms: [(String, TextPattern)] = [
    (#"\p{N}"#, .numbers(maximum: 1)), (#"\p{N}{1,3}"#, .numbers(maximum: 3)),
    ("[\u{4E00}-\u{9FA5}\u{3040}-\u{309F}\u{30A0}-\u{30FF}]+", .ideographs),
    (
      ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"##
        + #"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"#
        + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#, .deepseek
    ),
  ]
}
