/// Bounds on a `tokenizer.json`, which may come from anybody.
///
/// The largest published tokenizers of this family hold about 260,000 tokens in 20 MB.
public enum TokenizerLimits {
  /// The largest file that is read.
  public static let fileBytes = 64 << 20
  /// Entries of the vocabulary and of the merges, and the bound of all ids.
  public static let tokens = 1 << 21
  /// Added tokens.
  public static let addedTokens = 1 << 16
  /// Keys of a file beside a tokenizer.json that declares tokens.
  public static let declarations = 1 << 16
  /// Keys of such files that name a model's own tokens (`image_token` and the like).
  public static let ownTokens = 1 << 10
  /// UTF-8 bytes of one added token.
  public static let addedTokenBytes = 1 << 10
  /// UTF-8 bytes of all added tokens together.
  public static let addedTokenBytesInAll = 4 << 20
  /// Ids that a post-processor's template puts around a text.
  public static let templateTokens = 64
  /// Pre-tokenizers in a sequence.
  public static let preTokenizers = 8
  /// UTF-8 bytes of a text that a normalizer or a decoder puts in or looks for.
  public static let normalizerBytes = 64
  /// How many times longer normalizing can make a text.
  public static let normalizerGrowth = 64
  /// JSON values in the file: a merge written as a pair takes three.
  static let jsonValues = 8 << 20
}
