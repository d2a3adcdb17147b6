import GenkiCore

/// Reads the `model` of a `tokenizer.json`: vocabulary and merges.
enum TokenizerModelReader {
  typealias Model = (
    vocabulary: Vocabulary, merges: MergeTable, takesWholePieces: Bool, tokenCount: Int
  )

  static func read(_ field: JSONField) throws -> Model {
    guard field.value?.objectValue != nil else { throw field.expected("an object") }
    try checkFamily(field)
    let (vocabulary, count) = try readVocabulary(field["vocab"])
    let merges = try readMerges(field["merges"], vocabulary)
    let takesWholePieces = try field["ignore_merges"].bool(default: false)
    return (vocabulary, merges, takesWholePieces, count)
  }

  /// Refuses what would change the meaning of a text and is not byte-level BPE.
  private static func checkFamily(_ field: JSONField) throws {
    // Old files of this family have no type.
    if let type = try field["type"].optionalString(), type != "BPE" {
      throw field["type"].unsupported("'\(type)'", supported: "BPE")
    }
    for key in ["unk_token", "continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = try field[key].optionalString(), !text.isEmpty {
        throw field[key].unsupported("'\(text)'", supported: "null")
      }
    }
    if !field["dropout"].isNull, field["dropout"].value?.doubleValue != 0 {
      throw field["dropout"].unsupported("dropping merges", supported: "null")
    }
    if !field["byte_fallback"].isNull, try field["byte_fallback"].bool(default: nil) {
      throw field["byte_fallback"].unsupported("true", supported: "false")
    }
  }

  private static func readVocabulary(
    _ field: JSONField
  ) throws -> (vocabulary: Vocabulary, count: Int) {
    guard let entries = field.value?.objectValue?.entries else { throw field.expected("an object") }
    guard entries.count <= TokenizerLimits.tokens else {
      throw field.tooLarge(entries.count, TokenizerLimits.tokens)
    }
    var vocabulary = Vocabulary(capacity: entries.count)
    for (text, value) in entries {
      guard let id = JSONField.id(value) else { throw field[text].idError(value) }
      guard vocabulary.insert(text, id: id) else {
        throw field[text].malformed("its id \(id) or its text is there twice")
      }
    }
    return (vocabulary, entries.count)
  }

  private static func readMerges(_ field: JSONField, _ vocabulary: Vocabulary) throws -> MergeTable
  {
    guard let entries = field.value?.arrayValue else { throw field.expected("an array") }
    guard entries.count <= TokenizerLimits.tokens else {
      throw field.tooLarge(entries.count, TokenizerLimits.tokens)
    }
    var merges: [(left: Int32, right: Int32, result: Int32)] = []
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
    return MergeTable(merges)
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
