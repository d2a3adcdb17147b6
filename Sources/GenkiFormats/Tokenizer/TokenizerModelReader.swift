import GenkiCore

/// Reads the `model` of a `tokenizer.json`: vocabulary and merges.
enum TokenizerModelReader {
  /// Other kinds of models, in words that a reader knows.
  private static let otherFamilies = [
    "Unigram": "a Unigram model (SentencePiece's of T5 and ALBERT)",
    "WordPiece": "a WordPiece model (BERT's)", "WordLevel": "a WordLevel model (whole words)",
  ]

  static func read(_ field: JSONField, isByteLevel: Bool) throws -> MergeModel {
    let vocabulary = try readVocabulary(field["vocab"], isByteLevel: isByteLevel)
    let merges = try readMerges(field["merges"], vocabulary)
    let kind = try readKind(field, vocabulary, isByteLevel: isByteLevel)
    return MergeModel(
      vocabulary: vocabulary, kind: kind, mergeList: merges,
      takesWholePieces: try field["ignore_merges"].bool(default: false))
  }

  /// Refuses what would change the meaning of a text and is not BPE as it is known here.
  static func checkFamily(_ field: JSONField) throws {
    guard field.value?.objectValue != nil else { throw field.expected("an object") }
    // Old files of this family have no type.
    if let type = try field["type"].optionalString(), type != "BPE" {
      throw field["type"].unsupported(otherFamilies[type] ?? "'\(type)'", supported: "BPE")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = try field[key].optionalString(), !text.isEmpty {
        throw field[key].unsupported("'\(text)'", supported: "null")
      }
    }
    if !field["dropout"].isNull, field["dropout"].value?.doubleValue != 0 {
      throw field["dropout"].unsupported("dropping merges", supported: "null")
    }
  }

  /// What becomes of text that the vocabulary does not have. In byte-level BPE that must not be needed:
  /// every byte must have a token.
  private static func readKind(
    _ field: JSONField, _ vocabulary: Vocabulary, isByteLevel: Bool
  ) throws -> SymbolTable.Kind {
    let fallback = try field["byte_fallback"].bool(default: false)
    var unknown: Int32?
    if let text = try field["unk_token"].optionalString(), !text.isEmpty {
      guard let id = vocabulary.id(of: text) else {
        throw field["unk_token"].malformed("'\(text)' is not in the vocabulary")
      }
      unknown = id
    }
    guard isByteLevel else {
      return .characters(
        fallback: fallback, unknown: unknown,
        fusesUnknown: try field["fuse_unk"].bool(default: false))
    }
    let isComplete = !vocabulary.byteIDs.contains { $0 < 0 }
    guard isComplete || (unknown == nil && !fallback) else {
      throw field[unknown == nil ? "byte_fallback" : "unk_token"].unsupported(
        "a token for bytes that the vocabulary lacks",
        supported: "it in byte-level BPE where all 256 bytes are in the vocabulary")
    }
    return .bytes
  }

  static func readVocabulary(
    _ field: JSONField, isByteLevel: Bool
  ) throws -> Vocabulary {
    guard let entries = field.value?.objectValue?.entries else { throw field.expected("an object") }
    guard entries.count <= TokenizerLimits.tokens else {
      throw field.tooLarge(entries.count, TokenizerLimits.tokens)
    }
    var vocabulary = Vocabulary(
      capacity: entries.count, usesByteAlphabet: isByteLevel)
    for (text, value) in entries {
      guard let id = JSONField.id(value) else { throw field[text].idError(value) }
      guard vocabulary.insert(text, id: id) else {
        throw field[text].malformed("its id \(id) or its text is there twice")
      }
    }
    return vocabulary
  }

  static func readMerges(
    _ field: JSONField, _ vocabulary: Vocabulary
  ) throws -> [MergeTable.Merge] {
    guard let entries = field.value?.arrayValue else { throw field.expected("an array") }
    guard entries.count <= TokenizerLimits.tokens else {
      throw field.tooLarge(entries.count, TokenizerLimits.tokens)
    }
    var merges: [MergeTable.Merge] = []
    merges.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      func missing(_ token: String) -> TokenizerError {
        error("'\(token.prefix(JSONField.shownCharacters))' is not in the vocabulary")
      }
      func error(_ reason: String) -> TokenizerError {
        .malformed(file: field.source, key: "\(field.path)[\(index)]", reason: reason)
      }
      // Files converted from merges.txt may have kept its first line.
      if entry.stringValue?.utf8.starts(with: "#version".utf8) == true { continue }
      guard let (left, right) = pair(entry) else {
        throw error("two tokens were expected, as a pair or around one space")
      }
      guard let leftID = vocabulary.id(of: left) else { throw missing(left) }
      guard let rightID = vocabulary.id(of: right) else { throw missing(right) }
      guard let result = vocabulary.id(of: left + right) else {
        throw missing(left + right)
      }
      merges.append((leftID, rightID, result))
    }
    return merges
  }

  /// The two tokens of a merge: `["a", "b"]`, or `"a b"` in older files.
  private static func pair(_ entry: JSONValue) -> (String, String)? {
    if let array = entry.arrayValue {
      guard array.count == 2, let left = array[0].stringValue, let right = array[1].stringValue
      else { return nil }
      return (left, right)
    }
    guard let text = entry.stringValue else { return nil }
    let utf8 = text.utf8
    guard let space = utf8.firstIndex(of: 0x20),
      !utf8[utf8.index(after: space)...].contains(0x20)
    else { return nil }
    return (
      String(decoding: utf8[..<space], as: UTF8.self),
      String(decoding: utf8[utf8.index(after: space)...], as: UTF8.self)
    )
  }
}
