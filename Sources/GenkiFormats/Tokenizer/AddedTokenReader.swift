import GenkiCore

/// Reads the `added_tokens` of a `tokenizer.json`.
enum AddedTokenReader {
  /// Added tokens must have the ids that the reference library would give them: their model id, or
  /// the next free one after the vocabulary.
  static func read(
    _ field: JSONField, vocabulary: inout Vocabulary, normalizer: TextNormalizer
  ) throws -> [AddedToken] {
    if field.isNull { return [] }
    let modelTokens = vocabulary.tokenCount
    var tokens: [AddedToken] = []
    var nextID = modelTokens
    var contents: Set<[UInt8]> = []
    for entry in try field.elements(maximum: TokenizerLimits.addedTokens) {
      let token = AddedToken(
        id: try entry["id"].id(), content: try entry["content"].string(),
        isSingleWord: try entry["single_word"].bool(default: nil),
        stripsLeft: try entry["lstrip"].bool(default: nil),
        stripsRight: try entry["rstrip"].bool(default: nil),
        isNormalized: try entry["normalized"].bool(default: nil),
        isSpecial: try entry["special"].bool(default: nil))
      let bytes = Array(token.content.utf8)
      guard !bytes.isEmpty else { throw entry["content"].malformed("the token is empty") }
      guard bytes.count <= TokenizerLimits.addedTokenBytes else {
        throw entry["content"].tooLarge(bytes.count, TokenizerLimits.addedTokenBytes)
      }
      guard contents.insert(bytes).inserted else {
        throw entry["content"].malformed("'\(token.content)' is added twice")
      }
      if let known = vocabulary.id(of: token.content) {
        guard known == token.id else {
          throw entry["id"].malformed(
            "'\(token.content)' has id \(token.id) here and id \(known) in the vocabulary")
        }
      } else {
        guard token.id == nextID else {
          throw entry["id"].malformed(
            "'\(token.content)' has id \(token.id), but the next free id is \(nextID)")
        }
        guard vocabulary.insertAdded(token.content, id: token.id) else {
          throw entry["id"].malformed("id \(token.id) belongs to another token")
        }
        nextID += 1
      }
      if token.isNormalized {
        let pattern = normalizer.pattern(of: token)
        guard !pattern.isEmpty else { throw entry["content"].malformed("the token is empty") }
        if pattern != bytes {
          vocabulary.setDecoded(String(decoding: pattern, as: UTF8.self), id: Int(token.id))
        }
      }
      tokens.append(token)
    }
    return tokens
  }
}
