import GenkiCore

/// A `tokenizer.json` that cannot be used, or a training text that gives no tokenizer.
public enum TokenizerError: ReportableError, Equatable {
  /// A key is missing, or its value has the wrong form.
  case malformed(file: String, key: String, reason: String)
  /// The file describes a tokenizer of another family than BPE.
  case unsupported(file: String, key: String, found: String, supported: String)
  /// A count or an id is beyond our limits.
  case tooLarge(file: String, key: String, value: Int, limit: Int)
  /// The wanted vocabulary cannot hold the alphabet and the special tokens.
  case vocabularyTooSmall(wanted: Int, minimum: Int)
  /// The wanted vocabulary is beyond our limits.
  case vocabularyTooLarge(wanted: Int, limit: Int)
  /// The text has too few different pairs for the wanted vocabulary.
  case tooLittleText(wanted: Int, reached: Int)
  /// A special token is too short or too long, or is given twice.
  case invalidSpecialToken(String)
  /// A text holds a character that only a special token could encode.
  case onlySpecialToken(text: String)
  /// A text is no UTF-8.
  case notUTF8

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .malformed, .unsupported, .tooLarge, .tooLittleText, .onlySpecialToken, .notUTF8:
      .invalidData
    case .vocabularyTooSmall, .vocabularyTooLarge, .invalidSpecialToken: .usage
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .malformed(let file, let key, _), .unsupported(let file, let key, _, _),
      .tooLarge(let file, let key, _, _):
      "\(file): \(key)"
    case .vocabularyTooSmall, .vocabularyTooLarge, .tooLittleText, .invalidSpecialToken:
      "cannot train a tokenizer"
    case .onlySpecialToken, .notUTF8: "cannot encode a text"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .malformed(_, _, let reason): reason
    case .unsupported(_, _, let found, _): "\(found) is not supported"
    case .tooLarge(_, _, let value, let limit): "\(value) is beyond the limit of \(limit)"
    case .vocabularyTooSmall(let wanted, let minimum):
      "a vocabulary of \(wanted) cannot hold the 256 bytes and the special tokens, \(minimum) in all"
    case .vocabularyTooLarge(let wanted, let limit):
      "a vocabulary of \(wanted) is beyond the limit of \(limit)"
    case .tooLittleText(let wanted, let reached):
      "the text gives only \(reached) of \(wanted) tokens before nothing is left to merge"
    case .invalidSpecialToken(let token):
      "the special token '\(token)' is a single character, too long or given twice"
    case .onlySpecialToken(let text):
      "'\(text.prefix(JSONField.shownCharacters))' holds a character for which the tokenizer has "
        + "nothing but a special token"
    case .notUTF8: "it is not UTF-8"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .unsupported(_, _, _, let supported): "supported is \(supported)"
    case .malformed, .tooLarge: "is this the tokenizer.json of a BPE model?"
    case .vocabularyTooSmall(_, let minimum): "ask for \(minimum) or more"
    case .vocabularyTooLarge(_, let limit): "ask for \(limit) or fewer"
    case .tooLittleText(_, let reached): "give more text or ask for \(reached)"
    case .onlySpecialToken: "leave it out"
    case .invalidSpecialToken, .notUTF8: nil
    }
  }
}
