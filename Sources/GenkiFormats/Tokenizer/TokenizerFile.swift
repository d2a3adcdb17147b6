import GenkiCore

/// What a `tokenizer.json` says, checked: the parts that a `Tokenizer` is put together from.
struct TokenizerFile {
  var vocabulary: Vocabulary
  var merges: MergeTable
  var takesWholePieces: Bool
  var normalizesToNFC: Bool
  var preTokenizers: [PreTokenizer]
  var addedTokens: [AddedToken]
  /// Ids that the template puts before and after a text.
  var templatePrefix: [Int32]
  var templateSuffix: [Int32]

  /// One step of pre-tokenization.
  enum PreTokenizer: Sendable, Equatable {
    /// Puts a space before a piece that does not start with one.
    case prefixSpace
    /// Cuts a piece by a pattern.
    case split(TextPattern)
  }

  /// Reads a parsed file; `source` names it in errors.
  init(_ json: JSONValue, source: String) throws {
    let root = JSONField(value: json, path: "", source: source)
    guard json.objectValue != nil else { throw root.malformed("an object was expected") }
    if let version = try root["version"].optionalString(), version != "1.0" {
      throw root["version"].unsupported("version \(version)", supported: "version 1.0")
    }
    let model = try TokenizerModelReader.read(root["model"])
    vocabulary = model.vocabulary
    merges = model.merges
    takesWholePieces = model.takesWholePieces
    normalizesToNFC = try Self.readNormalizer(root["normalizer"])
    preTokenizers = try Self.readPreTokenizer(root["pre_tokenizer"])
    addedTokens = try Self.readAddedTokens(
      root["added_tokens"], modelTokens: model.tokenCount, vocabulary: &vocabulary,
      normalizesToNFC: normalizesToNFC)
    (templatePrefix, templateSuffix) = try Self.readPostProcessor(
      root["post_processor"], vocabulary: vocabulary)
    try Self.checkDecoder(root["decoder"])
  }

  private static func readNormalizer(_ field: JSONField) throws -> Bool {
    if field.isNull { return false }
    switch try field["type"].string() {
    case "NFC": return true
    case "Sequence":
      return try field["normalizers"].elements(maximum: TokenizerLimits.preTokenizers).reduce(false)
      { try readNormalizer($1) || $0 }
    case let type: throw field["type"].unsupported("'\(type)'", supported: "null or NFC")
    }
  }

  private static func readPreTokenizer(_ field: JSONField) throws -> [PreTokenizer] {
    let supported = "Split, Digits and, as the last, ByteLevel"
    var steps = [field]
    if !field.isNull, try field["type"].string() == "Sequence" {
      steps = try field["pretokenizers"].elements(maximum: TokenizerLimits.preTokenizers)
    }
    guard let last = steps.last, !last.isNull, try last["type"].string() == "ByteLevel" else {
      throw field.unsupported("a tokenizer without ByteLevel at the end", supported: supported)
    }
    var result: [PreTokenizer] = []
    for step in steps.dropLast() {
      switch try step["type"].string() {
      case "Split": result.append(.split(try readSplit(step)))
      case "Digits":
        let individual = try step["individual_digits"].bool(default: false)
        result.append(.split(.digits(individual: individual)))
      case let type: throw step["type"].unsupported("'\(type)' here", supported: supported)
      }
    }
    if try last["add_prefix_space"].bool(default: nil) { result.append(.prefixSpace) }
    if try last["use_regex"].bool(default: true) { result.append(.split(.gpt2)) }
    return result
  }

  private static func readSplit(_ field: JSONField) throws -> TextPattern {
    let expression = try field["pattern"]["Regex"].string()
    guard let pattern = TextPattern(regularExpression: expression) else {
      throw field["pattern"]["Regex"].unsupported(
        "the regular expression '\(expression.prefix(200))'",
        supported: "exactly the expressions of GPT-2, Llama 3 and Qwen2")
    }
    let behavior = try field["behavior"].string()
    let inverts = try field["invert"].bool(default: false)
    // The known patterns leave no text between their matches, so that these two do the same.
    guard behavior == "Isolated" || (behavior == "Removed" && inverts) else {
      throw field["behavior"].unsupported(
        "'\(behavior)' with invert \(inverts)", supported: "Isolated, or Removed with invert true")
    }
    return pattern
  }

  /// Added tokens must have the ids that the reference library would give them: their model id, or
  /// the next free one after the vocabulary.
  private static func readAddedTokens(
    _ field: JSONField, modelTokens: Int, vocabulary: inout Vocabulary, normalizesToNFC: Bool
  ) throws -> [AddedToken] {
    if field.isNull { return [] }
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
      if token.isNormalized, normalizesToNFC {
        let normalized = bytes.withUnsafeBufferPointer { CanonicalComposer.normalized($0) }
        if let normalized {
          let text = String(decoding: normalized, as: UTF8.self)
          vocabulary.setDecoded(ByteAlphabet.bytes(of: text) ?? normalized, id: Int(token.id))
        }
      }
      tokens.append(token)
    }
    return tokens
  }

  private static func readPostProcessor(
    _ field: JSONField, vocabulary: Vocabulary
  ) throws -> (prefix: [Int32], suffix: [Int32]) {
    if field.isNull { return ([], []) }
    var prefix: [Int32] = []
    var suffix: [Int32] = []
    switch try field["type"].string() {
    case "ByteLevel": break
    case "Sequence":
      for step in try field["processors"].elements(maximum: TokenizerLimits.preTokenizers) {
        let (before, after) = try readPostProcessor(step, vocabulary: vocabulary)
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

  private static func checkDecoder(_ field: JSONField) throws {
    let type = field.isNull ? "null" : try field["type"].string()
    guard type == "ByteLevel" else {
      throw field.unsupported("the decoder '\(type)'", supported: "ByteLevel")
    }
  }
}
