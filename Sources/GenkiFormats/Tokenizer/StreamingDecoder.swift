/// Decodes ids one by one, as a model generates them: what it has given so far, together with what
/// `finish` gives, is what `Tokenizer.decode` gives for all ids at once.
///
/// Bytes that start a character whose rest has not come are held back.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  private var pending: [UInt8] = []

  /// A decoder at the start of a text.
  public init(tokenizer: Tokenizer, skipSpecialTokens: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// The text that is certain after one more id.
  public mutating func append(_ id: Int32) -> String {
    tokenizer.append(id, to: &pending, skipSpecialTokens: skipSpecialTokens)
    let held = UTF8Text.incompleteSuffixLength(pending)
    let text = String(decoding: pending.dropLast(held), as: UTF8.self)
    pending.removeFirst(pending.count - held)
    return text
  }

  /// The rest: what was held back and has stayed incomplete becomes U+FFFD.
  public mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }
}
