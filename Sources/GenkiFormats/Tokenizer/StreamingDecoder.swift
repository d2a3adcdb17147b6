/// Decodes ids one by one, as a model generates them: what it has given so far, together with what
/// `finish` gives, is what `Tokenizer.decode` gives for all ids at once.
///
/// What later ids may change is held back: bytes that start a character whose rest has not come, and a
/// run of tokens of single bytes (byte fallback), which is UTF-8 as a whole or not at all.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  private var decoder: TextDecoder

  /// A decoder at the start of a text.
  public init(tokenizer: Tokenizer, skipSpecialTokens: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
    decoder = tokenizer.makeDecoder()
  }

  /// The text that is certain after one more id.
  public mutating func append(_ id: Int32) -> String {
    tokenizer.append(id, to: &decoder, skipSpecialTokens: skipSpecialTokens)
    return decoder.take(leaving: UTF8Text.incompleteSuffixLength(decoder.certain))
  }

  /// The rest: what was held back and has stayed incomplete becomes U+FFFD.
  public mutating func finish() -> String {
    decoder.finish()
    defer { decoder = tokenizer.makeDecoder() }
    return decoder.take()
  }
}
