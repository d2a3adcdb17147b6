import GenkiCore
import TOMLKit

/// A parsed TOML text and the lines of its keys.
struct TOMLDocument {
  /// The largest configuration that is read.
  static let bytesMaximum = 1 << 20
  /// Tables and lists inside one another; ours need two.
  private static let depthMaximum = 8

  /// The tables; dates and times, which we have no use for, are null.
  let root: JSONObject
  let lines: TOMLKeyLines

  /// Reads a file.
  ///
  /// - Throws: ``ConfigurationError`` naming the line, ``FileError`` if it cannot be read.
  init(file path: String) throws {
    let text = try TextFile.readString(path, sizeLimit: Self.bytesMaximum)
    try self.init(text, source: path)
  }

  init(_ text: String, source: String) throws {
    // The parser's texts are C strings: a NUL, escaped or not, would hide what follows it.
    for mark in ["\0", "\\u0000", "\\U00000000"] {
      guard let place = text.firstRange(of: mark)?.lowerBound else { continue }
      throw ConfigurationError([
        ConfigurationProblem(
          source: source, line: Self.line(at: place, in: text), key: nil,
          why: "holds a NUL character")
      ])
    }
    do {
      let table = try TOMLTable(string: text)
      guard let root = Self.object(table, depth: 0) else {
        throw ConfigurationError([
          ConfigurationProblem(source: source, key: nil, why: "tables are nested too deeply")
        ])
      }
      self.root = root
    } catch let error as TOMLParseError {
      let place = "column \(error.source.begin.column)"
      throw ConfigurationError([
        ConfigurationProblem(
          source: source, line: error.source.begin.line, key: nil,
          why: "is not TOML: \(error.description.escapingControls())", allowed: place)
      ])
    }
    lines = TOMLKeyLines(text)
  }

  private static func line(at index: String.Index, in text: String) -> Int {
    text.utf8[..<index].count { $0 == UInt8(ascii: "\n") } + 1
  }

  /// Nil if it is nested too deeply.
  private static func object(_ table: TOMLTable, depth: Int) -> JSONObject? {
    guard depth < depthMaximum else { return nil }
    var object = JSONObject()
    // Not the table's own iterator, which looks values up by their keys once more.
    for (key, value) in zip(table.keys, table.values) {
      guard let json = json(value, depth: depth + 1) else { return nil }
      object.entries.append((key: key, value: json))
    }
    return object
  }

  private static func json(_ value: any TOMLValueConvertible, depth: Int) -> JSONValue? {
    guard depth < depthMaximum else { return nil }
    if let table = value.table { return object(table, depth: depth).map(JSONValue.object) }
    if let array = value.array {
      var elements: [JSONValue] = []
      for element in array {
        guard let json = json(element, depth: depth + 1) else { return nil }
        elements.append(json)
      }
      return .array(elements)
    }
    if let text = value.string { return .string(text) }
    if let flag = value.bool { return .bool(flag) }
    if let number = value.int { return JSONValue(number) }
    if let number = value.double { return .number(number) }
    return .null
  }
}
