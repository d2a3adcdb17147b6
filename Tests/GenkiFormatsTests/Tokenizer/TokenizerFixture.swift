import GenkiCore
import GenkiFormats

/// Tokenizers for tests: the reference ones with other options, and a tiny one of our own.
enum TokenizerFixture {
  /// The parsed `tokenizer.json` of a vectors folder.
  static func reference(_ name: String) throws -> JSONValue {
    let path = "\(TokenizerVectors.path(name))/tokenizer.json"
    return try JSONValue.parse(
      TextFile.readBytes(path, sizeLimit: 1 << 20), source: "tokenizer.json")
  }

  /// A small tokenizer.json that loads: the 256 bytes, one special token and a few merges.
  static func small() throws -> JSONValue {
    try TokenizerTrainer.train(
      documents: [Array("the then these thaw a an and 12 1234".utf8)], vocabularySize: 262
    ).encoded()
  }

  /// An entry of `added_tokens`.
  static func added(_ content: String, id: Int, isSpecial: Bool) -> JSONValue {
    [
      "id": JSONValue(id), "content": .string(content), "single_word": false, "lstrip": false,
      "rstrip": false, "normalized": false, "special": .bool(isSpecial),
    ]
  }

  /// A file with more added tokens, which have the next ids.
  static func adding(_ tokens: [(content: String, isSpecial: Bool)], to json: JSONValue)
    -> JSONValue
  {
    let first = json["model"]?["vocab"]?.objectValue?.entries.count ?? 0
    let more = tokens.enumerated().map {
      added($0.element.content, id: first + $0.offset, isSpecial: $0.element.isSpecial)
    }
    return setting(
      ["added_tokens"], .array((json["added_tokens"]?.arrayValue ?? []) + more), in: json)
  }

  /// Loads a parsed file as if it had been read from disk.
  static func load(_ file: JSONValue) throws -> Tokenizer {
    try Tokenizer.load(bytes: Array(file.encoded().utf8), source: "tokenizer.json")
  }

  /// The value with a member (by keys; by position in arrays) replaced or added; nil removes it.
  static func setting(
    _ path: [String], _ value: JSONValue?, in json: JSONValue
  ) -> JSONValue {
    guard let key = path.first else { return value ?? .null }
    let rest = Array(path.dropFirst())
    if var elements = json.arrayValue, let index = Int(key) {
      if index < elements.count {
        elements[index] = setting(rest, value, in: elements[index])
      } else {
        elements.append(setting(rest, value, in: .null))
      }
      return .array(elements)
    }
    var entries = json.objectValue?.entries ?? []
    let place = entries.firstIndex { $0.key == key }
    if rest.isEmpty, value == nil {
      if let place { entries.remove(at: place) }
    } else if let place {
      entries[place].value = setting(rest, value, in: entries[place].value)
    } else {
      entries.append((key, setting(rest, value, in: .null)))
    }
    return .object(JSONObject(entries: entries))
  }
}
