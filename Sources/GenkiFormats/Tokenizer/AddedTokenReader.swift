import GenkiCore

/// Puts the list of added tokens together: those of a `tokenizer.json` and those declared beside it.
struct AddedTokenReader {
  private(set) var tokens: [AddedToken] = []
  private(set) var vocabulary: Vocabulary
  private let normalizer: TextNormalizer
  private var places: [[UInt8]: Int] = [:]
  private var bytesInAll = 0
  /// The id that the reference library gives the next token that the vocabulary does not have.
  private var nextID: Int

  init(_ vocabulary: Vocabulary, normalizer: TextNormalizer) {
    self.vocabulary = vocabulary
    self.normalizer = normalizer
    nextID = vocabulary.tokenCount
  }

  /// Reads the `added_tokens` of a `tokenizer.json`. They must have the ids that the reference library
  /// would give them: their model id, or the next free one after the vocabulary.
  mutating func read(_ field: JSONField) throws {
    if field.isNull { return }
    for entry in try field.elements(maximum: TokenizerLimits.addedTokens) {
      let token = AddedToken(
        id: try entry["id"].id(), content: try entry["content"].string(),
        isSingleWord: try entry["single_word"].bool(default: nil),
        stripsLeft: try entry["lstrip"].bool(default: nil),
        stripsRight: try entry["rstrip"].bool(default: nil),
        isNormalized: try entry["normalized"].bool(default: nil),
        isSpecial: try entry["special"].bool(default: nil))
      guard places[Array(token.content.utf8)] == nil else {
        throw entry["content"].malformed("'\(token.content)' is added twice")
      }
      try add(token, content: entry["content"], id: entry["id"])
    }
  }

  /// Adds what is declared elsewhere. A token that is added already keeps its id and takes the flags of
  /// the declaration, as transformers does it; one that is not must have the id that it would get.
  mutating func add(_ declared: DeclaredTokens) throws {
    for other in declared.tokens {
      let place = places[Array(other.content.utf8)]
      guard place == nil || other.overrides else { continue }
      let known = place.map { tokens[$0] }
      let id =
        known?.id ?? other.id ?? vocabulary.id(of: other.content) ?? Int32(clamping: nextID)
      if other.token(id: id, isSpecial: other.isSpecial) == known { continue }
      let token = other.token(
        id: id, isSpecial: other.isSpecial || other.isNamed || known?.isSpecial ?? false)
      if let place {
        tokens[place] = token
        try setText(token, other.place)
      } else {
        try add(token, content: other.place, id: other.place)
      }
    }
  }

  private mutating func add(_ token: AddedToken, content: JSONField, id: JSONField) throws {
    let bytes = Array(token.content.utf8)
    guard !bytes.isEmpty else { throw content.malformed("the token is empty") }
    guard bytes.count <= TokenizerLimits.addedTokenBytes else {
      throw content.tooLarge(bytes.count, TokenizerLimits.addedTokenBytes)
    }
    guard tokens.count < 2 * TokenizerLimits.addedTokens, token.id < TokenizerLimits.tokens else {
      throw content.tooLarge(Int(token.id), TokenizerLimits.tokens - 1)
    }
    if let known = vocabulary.id(of: token.content) {
      guard known == token.id else {
        throw id.malformed(
          "'\(token.content)' has id \(token.id) here and id \(known) in the vocabulary")
      }
    } else {
      guard token.id == nextID else {
        throw id.malformed(
          "'\(token.content)' has id \(token.id), but the next free id is \(nextID)")
      }
      guard vocabulary.insertAdded(token.content, id: token.id) else {
        throw id.malformed("id \(token.id) belongs to another token")
      }
      nextID += 1
    }
    bytesInAll += bytes.count
    guard bytesInAll <= TokenizerLimits.addedTokenBytesInAll else {
      throw content.tooLarge(bytesInAll, TokenizerLimits.addedTokenBytesInAll)
    }
    places[bytes] = tokens.count
    tokens.append(token)
    try setText(token, content)
  }

  /// A token that is found in normalized text decodes to its normalized form.
  private mutating func setText(_ token: AddedToken, _ field: JSONField) throws {
    let pattern = normalizer.pattern(of: token)
    guard !pattern.isEmpty else { throw field.malformed("nothing of it is left by normalizing") }
    vocabulary.setDecoded(String(decoding: pattern, as: UTF8.self), id: Int(token.id))
  }
}
