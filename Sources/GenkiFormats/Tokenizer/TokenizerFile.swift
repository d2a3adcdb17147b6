import GenkiCore

/// What a `tokenizer.json` says, checked: the parts that a `Tokenizer` is put together from.
struct TokenizerFile {
  var model: MergeModel
  var vocabulary: Vocabulary
  var normalizer: TextNormalizer
  var preTokenizers: [PreTokenizer]
  var metaspace: MetaspaceRule?
  var addedTokens: [AddedToken]
  /// Ids that the template puts before and after a text.
  var templatePrefix: [Int32]
  var templateSuffix: [Int32]
  var decoder: DecodingRules

  /// One step of pre-tokenization.
  enum PreTokenizer: Sendable, Equatable {
    /// Puts a space before a piece that does not start with one.
    case prefixSpace
    /// Cuts a piece by a pattern.
    case split(TextPattern)
  }

  /// Reads a parsed file and what is declared beside it; `source` names the file in errors.
  init(_ json: JSONValue, source: String, declared: DeclaredTokens = DeclaredTokens()) throws {
    let root = JSONField(value: json, path: "", source: source)
    guard json.objectValue != nil else { throw root.malformed("an object was expected") }
    if let version = try root["version"].optionalString(), version != "1.0" {
      throw root["version"].unsupported("version \(version)", supported: "version 1.0")
    }
    try TokenizerModelReader.checkFamily(root["model"])
    var cutting = try PreTokenizerReader.read(root["pre_tokenizer"])
    let isByteLevel = cutting.isByteLevel
    if isByteLevel, let adds = declared.addsPrefixSpace { cutting.addsPrefixSpace = adds }
    preTokenizers = cutting.allSteps
    metaspace = cutting.metaspace
    normalizer = try NormalizerReader.read(root["normalizer"])
    model = try TokenizerModelReader.read(root["model"], isByteLevel: isByteLevel)
    var added = AddedTokenReader(model.vocabulary, normalizer: normalizer)
    try added.read(root["added_tokens"])
    try added.add(declared)
    (vocabulary, addedTokens) = (added.vocabulary, added.tokens)
    (templatePrefix, templateSuffix) = try PostProcessorReader.read(
      root["post_processor"], vocabulary: vocabulary)
    decoder = try DecoderReader.read(root["decoder"], isByteLevel: isByteLevel)
  }

  /// Reads `vocab.json` and `merges.txt` of a folder without a tokenizer.json: GPT-2's kind.
  init(folder: String, declared: DeclaredTokens) throws {
    let vocabularyPath = "\(folder)/\(ModelFiles.vocabulary)"
    if let name = declared.className, name != Self.classOfParts {
      let field = JSONField(
        value: nil, path: "tokenizer_class", source: "\(folder)/\(ModelFiles.tokenizerSettings)")
      throw field.unsupported(
        "\(name) without a \(ModelFiles.tokenizer)",
        supported: "\(Self.classOfParts) beside vocab.json and merges.txt")
    }
    guard let entries = try DeclaredTokens.read(ModelFiles.vocabulary, in: folder) else {
      throw FileError.missing(path: vocabularyPath)
    }
    let known = try TokenizerModelReader.readVocabulary(entries, isByteLevel: true)
    let merges = try TokenizerModelReader.readMerges(
      Self.mergeLines("\(folder)/\(ModelFiles.merges)"), known)
    model = MergeModel(
      vocabulary: known, kind: .bytes, mergeList: merges, takesWholePieces: false)
    normalizer = TextNormalizer()
    preTokenizers =
      (declared.addsPrefixSpace ?? false ? [.prefixSpace] : []) + [.split(.gpt2)]
    var added = AddedTokenReader(known, normalizer: normalizer)
    try added.add(declared.with(namedBy: entries, Self.endOfText))
    (vocabulary, addedTokens) = (added.vocabulary, added.tokens)
    let begin =
      declared.addsBeginToken
      ? added.vocabulary.id(of: declared.beginToken ?? Self.endOfText) : nil
    (templatePrefix, templateSuffix) = (begin.map { [$0] } ?? [], [])
    decoder = .bytes
  }

  private static let classOfParts = "GPT2Tokenizer"
  /// The token that GPT-2's kind has where the files name no other.
  private static let endOfText = "<|endoftext|>"

  /// The merges of a `merges.txt`, a line each.
  private static func mergeLines(_ path: String) throws -> JSONField {
    let bytes = try TextFile.readBytes(path, sizeLimit: TokenizerLimits.fileBytes)
    guard bytes.withUnsafeBytes(UTF8Text.isValid) else {
      throw JSONField(value: nil, path: "", source: path).malformed("it is not UTF-8")
    }
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    let texts = lines.map { line in
      JSONValue.string(
        String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self))
    }
    return JSONField(value: .array(texts), path: "", source: path)
  }
}
