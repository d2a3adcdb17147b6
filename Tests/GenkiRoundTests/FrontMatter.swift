import GenkiCore

/// The YAML at the head of a card, read by a strict reader: keys of small letters, each once; values that
/// are plain words, double-quoted scalars, or lists of them. Anything else is an error.
struct FrontMatter {
  struct Malformed: Error {
    let line: String
  }

  private(set) var values: [String: [String]] = [:]
  private(set) var body = ""

  init(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("---\n"), let end = text.firstRange(of: "\n---\n") else {
      throw Malformed(line: text)
    }
    body = String(text[end.upperBound...])
    var listKey: String?
    for line in text[text.index(text.startIndex, offsetBy: 4)..<end.lowerBound].split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      if line.hasPrefix("- ") {
        guard let listKey else { throw Malformed(line: String(line)) }
        values[listKey]?.append(try Self.scalar(line.dropFirst(2)))
        continue
      }
      guard let match = line.wholeMatch(of: /([a-z_]+):( .+)?/), values[String(match.1)] == nil
      else { throw Malformed(line: String(line)) }
      let key = String(match.1)
      listKey = match.2 == nil ? key : nil
      values[key] = try match.2.map { [try Self.scalar($0.dropFirst())] } ?? []
    }
  }

  private static func scalar(_ text: Substring) throws -> String {
    if text.wholeMatch(of: /[a-z][a-z-]*[a-z]/) != nil,
      !["true", "false", "yes", "no", "on", "off", "null"].contains(text)
    {
      return String(text)
    }
    // JSON's strings are YAML's; of longer escapes JSON knows only pairs of short ones.
    let short = text.replacing(/\\U([0-9A-F]{8})/) { match in
      String(UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map(Character.init) ?? "?")
    }
    guard text.hasPrefix("\""),
      let value = try? JSONValue.parse(String(short), source: "scalar").stringValue
    else { throw Malformed(line: String(text)) }
    return value
  }
}
