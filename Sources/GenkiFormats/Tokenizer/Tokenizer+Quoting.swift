extension Tokenizer {
  /// The ids of a text of which parts are somebody's words, which must not become control tokens.
  ///
  /// `quoted` are byte ranges of those parts, ascending and disjoint. A special added token any byte of
  /// whose match (white space that it swallows aside) is quoted is no token: the text gets the ids that
  /// it would have if the token were not declared, and those are never ids of special tokens. Added
  /// tokens that are not special are tokens everywhere.
  ///
  /// `guarding` are ids of further added tokens that are to be treated as special ones.
  ///
  /// `borders` are ascending byte offsets, and `tokenCounts` has for each how many tokens end at or
  /// before it. Places are those of the given text, whatever normalization makes of it: a token ends
  /// where the last character that it encodes a part of ends; white space that an added token swallows
  /// belongs to it, and a blank that is put in front of a text to the character behind it.
  ///
  /// No template is added: with nothing quoted these are the ids that `encode` gives.
  ///
  /// - Throws: `TokenizerError.notUTF8`; `.onlySpecialToken` if a quoted character has no other token,
  ///   which no tokenizer with all bytes in its vocabulary does.
  package func encode(
    quoting utf8: [UInt8], quoted: [Range<Int>], borders: [Int], guarding: Set<Int32> = []
  ) throws -> (ids: [Int32], tokenCounts: [Int]) {
    guard utf8.withUnsafeBytes(UTF8Text.isValid) else { throw TokenizerError.notUTF8 }
    return try withPieceEncoders { pieces, guarded in
      var encoder = QuotingEncoder(
        rules, pieces: pieces, guardedPieces: guarded, quoted: QuotedRanges(quoted),
        guarding: guarding, borders: borders)
      let result = utf8.withUnsafeBufferPointer { encoder.encode($0) }
      guard !result.ids.contains(SymbolTable.refused) else {
        throw TokenizerError.onlySpecialToken(text: String(decoding: utf8, as: UTF8.self))
      }
      return result
    }
  }
}
