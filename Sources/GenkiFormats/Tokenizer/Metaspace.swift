/// U+2581, which stands for a blank in the vocabularies of SentencePiece.
enum Metaspace {
  /// It in UTF-8.
  static let bytes: [UInt8] = [0xE2, 0x96, 0x81]

  /// Whether `count` readable bytes begin with it.
  @inline(__always)
  static func starts(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    count >= 3 && text[0] == 0xE2 && text[1] == 0x96 && text[2] == 0x81
  }
}

/// The Metaspace pre-tokenizer: blanks become U+2581, and one may be put in front.
struct MetaspaceRule: Sendable, Equatable {
  /// Which texts get one in front, unless they begin with it already.
  enum Prepending: String, Sendable {
    /// A text at the very beginning, not one behind an added token.
    case first
    case always
    case never
  }

  var prepending: Prepending

  private static let blank = [UInt8(ascii: " ")]

  /// The text with U+2581; `isFirst` where nothing stands before it.
  func apply(to text: UnsafeBufferPointer<UInt8>, isFirst: Bool) -> [UInt8] {
    let replace = TextNormalizer(steps: [.replace(Self.blank, with: Metaspace.bytes)])
    let result = replace.normalized(text) ?? Array(text)
    return needsPrefix(result, isFirst) ? Metaspace.bytes + result : result
  }

  /// The same with the places that the bytes come from.
  func apply(to text: inout AlignedText, isFirst: Bool) {
    text.replace(Self.blank, with: Metaspace.bytes)
    if needsPrefix(text.bytes, isFirst) { text.prepend(Metaspace.bytes) }
  }

  private func needsPrefix(_ text: [UInt8], _ isFirst: Bool) -> Bool {
    guard prepending == .always || (prepending == .first && isFirst) else { return false }
    return !text.starts(with: Metaspace.bytes)
  }
}
