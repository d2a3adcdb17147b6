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

  /// Reads a parsed file; `source` names it in errors.
  init(_ json: JSONValue, source: String) throws {
    let root = JSONField(value: json, path: "", source: source)
    guard json.objectValue != nil else { throw root.malformed("an object was expected") }
    if let version = try root["version"].optionalString(), version != "1.0" {
      throw root["version"].unsupported("version \(version)", supported: "version 1.0")
    }
    try TokenizerModelReader.checkFamily(root["model"])
    let cutting = try PreTokenizerReader.read(root["pre_tokenizer"])
    preTokenizers = cutting.steps
    metaspace = cutting.metaspace
    normalizer = try NormalizerReader.read(root["normalizer"])
    let isByteLevel = cutting.isByteLevel
    model = try TokenizerModelReader.read(root["model"], isByteLevel: isByteLevel)
    vocabulary = model.vocabulary
    addedTokens = try AddedTokenReader.read(
      root["added_tokens"], vocabulary: &vocabulary, normalizer: normalizer)
    (templatePrefix, templateSuffix) = try PostProcessorReader.read(
      root["post_processor"], vocabulary: vocabulary)
    decoder = try DecoderReader.read(root["decoder"], isByteLevel: isByteLevel)
  }
}
