import GenkiCore

/// Reads the `post_processor` of a `tokenizer.json`: the ids that it puts around a text.
enum PostProcessorReader {
  static func read(
    _ field: JSONField, vocabulary: Vocabulary
  ) throws -> (prefix: [Int32], suffix: [Int32]) {
    if field.isNull { return ([], []) }
    var prefix: [Int32] = []
    var suffix: [Int32] = []
    switch try field["type"].string() {
    case "ByteLevel": break
    case "Sequence":
      for step in try field["processors"].elements(maximum: TokenizerLimits.preTokenizers) {
        let (before, after) = try read(step, vocabulary: vocabulary)
        prefix = before + prefix
        suffix += after
      }
    case "TemplateProcessing":
      var seesText = false
      for piece in try field["single"].elements(maximum: TokenizerLimits.templateTokens) {
        if piece["Sequence"].isNull {
          let ids = try templateIDs(piece["SpecialToken"], field["special_tokens"], vocabulary)
          if seesText { suffix += ids } else { prefix += ids }
        } else {
          guard try piece["Sequence"]["id"].string() == "A", !seesText else {
            throw piece["Sequence"].unsupported("a second sequence", supported: "sequence A once")
          }
          seesText = true
        }
      }
      guard seesText else { throw field["single"].malformed("the template leaves out the text") }
    case let type:
      throw field["type"].unsupported("'\(type)'", supported: "ByteLevel and TemplateProcessing")
    }
    guard prefix.count + suffix.count <= TokenizerLimits.templateTokens else {
      throw field.tooLarge(prefix.count + suffix.count, TokenizerLimits.templateTokens)
    }
    return (prefix, suffix)
  }

  private static func templateIDs(
    _ piece: JSONField, _ specials: JSONField, _ vocabulary: Vocabulary
  ) throws -> [Int32] {
    let ids = specials[try piece["id"].string()]["ids"]
    return try ids.elements(maximum: TokenizerLimits.templateTokens).map { field in
      let id = try field.id()
      guard vocabulary.bytes(of: id) != nil else {
        throw field.malformed("no token has id \(id)")
      }
      return id
    }
  }
}
