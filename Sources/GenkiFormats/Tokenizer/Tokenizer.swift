import Foundation
import GenkiCore
import Synchronization

/// A BPE tokenizer read from a `tokenizer.json`: text to ids and back.
///
/// Covers byte-level BPE (GPT-2 and GPT-NeoX, Llama 3, Qwen, GPT-4 and GPT-4o, tekken, DeepSeek) and
/// BPE of characters with byte fallback (Llama 2, Mistral, Gemma), gives the same ids as the reference
/// library, and refuses files of other families. Safe to use from many threads at once.
public final class Tokenizer: Sendable {
  /// Highest id plus one.
  public let vocabularySize: Int
  /// Tokens that are matched as literal text, in the file's order.
  public let addedTokens: [AddedToken]

  let vocabulary: Vocabulary
  let rules: TextRules
  private let decoding: DecodingRules
  /// The ids that the file's post-processor puts before a text.
  public let templatePrefix: [Int32]
  /// The ids that the file's post-processor puts behind a text.
  public let templateSuffix: [Int32]
  private let specialIDs: Set<Int32>
  /// Gives no special token; nil if the model itself gives none.
  private let guardedModel: MergeModel?
  /// Encoders that no thread is using: their caches of words are worth keeping.
  private let idleEncoders = Mutex<[TextEncoder]>([])
  /// The same of `guardedModel`.
  private let idleGuardedEncoders = Mutex<[TextEncoder]>([])

  init(_ file: TokenizerFile) {
    vocabulary = file.vocabulary
    vocabularySize = file.vocabulary.idEnd
    addedTokens = file.addedTokens
    templatePrefix = file.templatePrefix
    templateSuffix = file.templateSuffix
    decoding = file.decoder
    let patterns = file.addedTokens.map { (token: $0, pattern: file.normalizer.pattern(of: $0)) }
    rules = TextRules(
      model: file.model, normalizer: file.normalizer, preTokenizers: file.preTokenizers,
      metaspace: file.metaspace,
      rawMatcher: AddedTokenMatcher(patterns.filter { !$0.token.isNormalized }),
      normalizedMatcher: AddedTokenMatcher(patterns.filter(\.token.isNormalized)))
    // The reference library knows special tokens by their text, and so no longer knows one that
    // normalization has changed.
    specialIDs = Set(
      patterns.filter { $0.token.isSpecial && $0.token.content.utf8.elementsEqual($0.pattern) }
        .map(\.token.id))
    guardedModel = file.model.guarded(against: file.addedTokens.filter(\.isSpecial).map(\.id))
  }

  /// Which files count beside a tokenizer.json.
  public enum Declarations: Sendable {
    /// The files of the folder, as transformers reads them: tokenizer_config.json, added_tokens.json and
    /// special_tokens_map.json declare tokens and flags, and vocab.json with merges.txt are a tokenizer.
    case folder
    /// Nothing but tokenizer.json, as the first version of these programs read it.
    case tokenizerFileOnly
  }

  /// Loads a tokenizer; `path` is a model folder, or a `tokenizer.json`, which is then read alone.
  ///
  /// Throws a `TokenizerError` that names file and key if it is not of this family or is broken.
  public static func load(path: String, declared: Declarations = .folder) throws -> Tokenizer {
    guard isFolder(path) else {
      return try load(bytes: readFile(path), source: path)
    }
    let file = "\(path)/\(ModelFiles.tokenizer)"
    guard declared == .folder else { return try load(bytes: readFile(file), source: file) }
    let hasParts = [ModelFiles.vocabulary, ModelFiles.merges].allSatisfy {
      ModelFolder.hasFile($0, in: path)
    }
    if hasParts, !ModelFolder.hasFile(ModelFiles.tokenizer, in: path) {
      return Tokenizer(try TokenizerFile(folder: path, declared: DeclaredTokens(folder: path)))
    }
    let bytes = try readFile(file)
    return Tokenizer(
      try TokenizerFile(
        parse(bytes, source: file), source: file, declared: DeclaredTokens(folder: path)))
  }

  /// Loads the content of a `tokenizer.json`, which `source` names in errors.
  public static func load(bytes: [UInt8], source: String) throws -> Tokenizer {
    Tokenizer(try TokenizerFile(parse(bytes, source: source), source: source))
  }

  private static func readFile(_ path: String) throws -> [UInt8] {
    try TextFile.readBytes(path, sizeLimit: TokenizerLimits.fileBytes)
  }

  private static func parse(_ bytes: [UInt8], source: String) throws -> JSONValue {
    let limits = JSONLimits(
      bytes: TokenizerLimits.fileBytes, values: TokenizerLimits.jsonValues)
    return try JSONValue.parse(bytes, source: source, limits: limits)
  }

  /// The ids of a text.
  ///
  /// With `addedTokens` false, added tokens in the text stay text: the way to encode text of other
  /// people. With `template`, the ids that the file's post-processor puts around a text are added.
  public func encode(
    _ text: String, addedTokens: Bool = true, template: Bool = false
  ) -> [Int32] {
    var text = text
    return text.withUTF8 { encode(valid: $0, addedTokens: addedTokens, template: template) }
  }

  /// The ids of a text given as UTF-8, which is not copied; sequences that are not well-formed count
  /// as U+FFFD.
  public func encode(
    utf8 bytes: UnsafeRawBufferPointer, addedTokens: Bool = true, template: Bool = false
  ) -> [Int32] {
    guard UTF8Text.isValid(bytes) else {
      return encode(
        String(decoding: bytes, as: UTF8.self), addedTokens: addedTokens, template: template)
    }
    return bytes.withMemoryRebound(to: UInt8.self) {
      encode(valid: $0, addedTokens: addedTokens, template: template)
    }
  }

  /// The text of ids: unknown ids are skipped, and bytes that are no UTF-8 become U+FFFD.
  public func decode(_ ids: [Int32], skipSpecialTokens: Bool = false) -> String {
    var decoder = makeDecoder()
    for id in ids { append(id, to: &decoder, skipSpecialTokens: skipSpecialTokens) }
    decoder.finish()
    return decoder.take()
  }

  /// The id of an added token or of an entry of the vocabulary, by its literal text in the file.
  public func id(of token: String) -> Int32? { vocabulary.id(of: token) }

  /// Whether a token has this id.
  public func contains(_ id: Int32) -> Bool { vocabulary.bytes(of: id) != nil }

  /// Whether an id is a special token, which decoding can drop.
  public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

  /// A decoder at the start of a text.
  func makeDecoder() -> TextDecoder { TextDecoder(decoding) }

  /// Appends the text that an id stands for.
  func append(_ id: Int32, to decoder: inout TextDecoder, skipSpecialTokens: Bool) {
    if skipSpecialTokens, isSpecial(id) { return }
    if let token = vocabulary.bytes(of: id) { decoder.append(token) }
  }

  private func encode(
    valid bytes: UnsafeBufferPointer<UInt8>, addedTokens: Bool, template: Bool
  ) -> [Int32] {
    let encoder = idleEncoders.withLock { $0.popLast() } ?? TextEncoder(rules)
    var output: [Int32] = []
    output.reserveCapacity(bytes.count / 4 + 16)
    if template { output += templatePrefix }
    encoder.encode(bytes, addedTokens: addedTokens, into: &output)
    if template { output += templateSuffix }
    idleEncoders.withLock { $0.append(encoder) }
    return output
  }

  /// Lends encoders of pieces: one that gives what the file says, and one that gives no special token.
  func withPieceEncoders<Result>(
    _ body: (PieceEncoder, PieceEncoder) throws -> Result
  ) rethrows -> Result {
    let encoder = idleEncoders.withLock { $0.popLast() } ?? TextEncoder(rules)
    defer { idleEncoders.withLock { $0.append(encoder) } }
    guard let guardedModel else { return try body(encoder.pieces, encoder.pieces) }
    let guarded = idleGuardedEncoders.withLock { $0.popLast() } ?? TextEncoder(rules, guardedModel)
    defer { idleGuardedEncoders.withLock { $0.append(guarded) } }
    return try body(encoder.pieces, guarded.pieces)
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = ObjCBool(false)
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
