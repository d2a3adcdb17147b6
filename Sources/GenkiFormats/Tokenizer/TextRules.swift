/// How a tokenizer turns a text into ids; immutable.
struct TextRules: Sendable {
  let model: MergeModel
  let normalizer: TextNormalizer
  let preTokenizers: [TokenizerFile.PreTokenizer]
  /// Carried out before the other pre-tokenizers.
  let metaspace: MetaspaceRule?
  /// Added tokens that are found in the text as it stands, and those found in normalized text.
  let rawMatcher: AddedTokenMatcher?
  let normalizedMatcher: AddedTokenMatcher?
}
