import GenkiCore

/// A tokenizer that training has made, ready to be written as a `tokenizer.json`.
public struct TrainedTokenizer: Sendable {
  /// Special tokens, which have the first ids.
  public let specialTokens: [String]
  /// The text of every token by id, in the byte alphabet.
  public let tokens: [String]
  /// Pairs of ids that merge, most important first.
  public let merges: [(left: Int32, right: Int32)]

  /// The content of the `tokenizer.json`.
  ///
  /// Merges are written as strings, which every version of the reference library reads: no token of
  /// ours holds a space.
  public func encoded() -> JSONValue {
    .object([
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .array(Self.addedTokens(specialTokens).map(Self.encoded)),
      "normalizer": .null,
      "pre_tokenizer": Self.byteLevel(addPrefixSpace: false, trimOffsets: true),
      "post_processor": Self.byteLevel(addPrefixSpace: true, trimOffsets: false),
      "decoder": Self.byteLevel(addPrefixSpace: true, trimOffsets: true),
      "model": .object([
        "type": "BPE", "dropout": .null, "unk_token": .null,
        "continuing_subword_prefix": .null, "end_of_word_suffix": .null,
        "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": .object(
          JSONObject(entries: tokens.enumerated().map { ($0.element, JSONValue($0.offset)) })),
        "merges": .array(
          merges.map { .string("\(tokens[Int($0.left)]) \(tokens[Int($0.right)])") }),
      ]),
    ])
  }

  /// Writes a `tokenizer.json`.
  public func write(to path: String) throws {
    try AtomicFile.write(encoded().encoded(pretty: true) + "\n", to: path)
  }

  /// The tokenizer itself.
  public func tokenizer() throws -> Tokenizer {
    try Tokenizer.load(bytes: Array(encoded().encoded().utf8), source: "the trained tokenizer")
  }

  static func addedTokens(_ specialTokens: [String]) -> [AddedToken] {
    specialTokens.enumerated().map { index, content in
      AddedToken(
        id: Int32(truncatingIfNeeded: index), content: content, isSingleWord: false,
        stripsLeft: false, stripsRight: false, isNormalized: false, isSpecial: true)
    }
  }

  private static func encoded(_ token: AddedToken) -> JSONValue {
    .object([
      "id": JSONValue(Int(token.id)), "content": .string(token.content),
      "single_word": .bool(token.isSingleWord), "lstrip": .bool(token.stripsLeft),
      "rstrip": .bool(token.stripsRight), "normalized": .bool(token.isNormalized),
      "special": .bool(token.isSpecial),
    ])
  }

  private static func byteLevel(addPrefixSpace: Bool, trimOffsets: Bool) -> JSONValue {
    .object([
      "type": "ByteLevel", "add_prefix_space": .bool(addPrefixSpace),
      "trim_offsets": .bool(trimOffsets), "use_regex": true,
    ])
  }
}
