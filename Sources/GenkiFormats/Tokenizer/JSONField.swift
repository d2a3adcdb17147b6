import GenkiCore

/// A value inside a `tokenizer.json` with the path that leads to it, so that errors can name it.
struct JSONField {
  let value: JSONValue?
  let path: String
  let source: String

  /// Keys and values of any length come from the file; errors show their beginning.
  static let shownCharacters = 80

  /// The value of a key; absent if this is no object.
  subscript(key: String) -> JSONField { member(key, value?[key]) }

  /// Whether the key is absent or null.
  var isNull: Bool { value?.isNull ?? true }

  func string() throws -> String {
    guard let text = value?.stringValue else { throw expected("a string") }
    return text
  }

  func optionalString() throws -> String? { isNull ? nil : try string() }

  /// A boolean; `fallback` where the key is absent or null, and an error if there is none.
  func bool(default fallback: Bool?) throws -> Bool {
    if isNull, let fallback { return fallback }
    guard let flag = value?.boolValue else { throw expected("true or false") }
    return flag
  }

  /// A number of things, at most so many; 0 where the key is absent.
  func count(maximum: Int) throws -> Int {
    if isNull { return 0 }
    guard let count = value?.intValue, count >= 0 else { throw expected("a count") }
    guard count <= maximum else { throw tooLarge(count, maximum) }
    return count
  }

  /// A token's id, within the limits.
  func id() throws -> Int32 {
    guard let value else { throw expected("an id") }
    guard let id = Self.id(value) else { throw idError(value) }
    return id
  }

  /// A token's id, or nil if the value is none.
  static func id(_ value: JSONValue) -> Int32? {
    guard let id = value.intValue, id >= 0, id < TokenizerLimits.tokens else { return nil }
    return Int32(id)
  }

  func idError(_ value: JSONValue) -> TokenizerError {
    guard let id = value.intValue, id >= 0 else { return expected("an id") }
    return tooLarge(id, TokenizerLimits.tokens - 1)
  }

  /// The elements of an array, at most so many.
  func elements(maximum: Int) throws -> [JSONField] {
    guard let array = value?.arrayValue else { throw expected("an array") }
    guard array.count <= maximum else { throw tooLarge(array.count, maximum) }
    return array.enumerated().map {
      JSONField(value: $0.element, path: "\(path)[\($0.offset)]", source: source)
    }
  }

  /// The members of an object, at most so many, in one pass: each key once, at its first place and with
  /// its last value, as Python's reader has them.
  func members(maximum: Int) throws -> [(key: String, field: JSONField)] {
    guard let entries = value?.objectValue?.entries else { throw expected("an object") }
    guard entries.count <= maximum else { throw tooLarge(entries.count, maximum) }
    // By bytes: strings that are canonically equivalent are two keys.
    var places: [[UInt8]: Int] = [:]
    var result: [(key: String, field: JSONField)] = []
    for (key, value) in entries {
      let bytes = Array(key.utf8)
      if let place = places[bytes] {
        result[place].field = member(key, value)
      } else {
        places[bytes] = result.count
        result.append((key, member(key, value)))
      }
    }
    return result
  }

  private func member(_ key: String, _ value: JSONValue?) -> JSONField {
    let shown = key.prefix(Self.shownCharacters)
    return JSONField(
      value: value, path: path.isEmpty ? "\(shown)" : "\(path).\(shown)", source: source)
  }

  func malformed(_ reason: String) -> TokenizerError {
    .malformed(file: source, key: path.isEmpty ? "the file" : path, reason: reason)
  }

  func expected(_ kind: String) -> TokenizerError {
    malformed("\(kind) was expected, found \(value?.kindName ?? "nothing")")
  }

  func unsupported(_ found: String, supported: String) -> TokenizerError {
    .unsupported(
      file: source, key: path, found: String(found.prefix(4 * Self.shownCharacters)),
      supported: supported)
  }

  func tooLarge(_ count: Int, _ limit: Int) -> TokenizerError {
    .tooLarge(
      file: source, key: path.isEmpty ? "the file" : path, value: count, limit: limit)
  }
}
