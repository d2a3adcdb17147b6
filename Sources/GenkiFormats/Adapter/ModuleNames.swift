import GenkiCore

/// Names of modules as adapter configurations give them: a list of suffixes, or a regular expression
/// of one plain form.
enum ModuleNames {
  private static let namesLimit = 512
  private static let lengthLimit = 256

  /// Whether a module path ends with this name, at the beginning of a part.
  static func matches(path: String, name: String) -> Bool {
    path == name || path.hasSuffix("." + name)
  }

  /// Letters, digits, _ and single dots between them.
  static func isPlain(_ name: String) -> Bool {
    guard name.utf8.count <= lengthLimit else { return false }
    return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .allSatisfy { part in
        !part.isEmpty
          && part.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
              UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
              true
            default: false
            }
          }
      }
  }

  /// The names of `target_modules`; order kept, duplicates dropped.
  static func parse(_ reader: ConfigurationReader, key: String) throws -> [String] {
    guard let value = reader.value(key) else { throw reader.missing(key) }
    let names: [String]
    if let text = value.stringValue {
      guard let parsed = suffixes(ofPattern: text) else {
        throw reader.unsupported(
          key, value, allowed: #"a list of module names, or a pattern like ".*\.(q_proj|v_proj)""#)
      }
      names = parsed
    } else if let list = value.arrayValue {
      names = try list.map { entry in
        guard let name = entry.stringValue else {
          throw reader.wrongType(key, "a list of strings", entry)
        }
        guard isPlain(name) else {
          throw reader.unsupported(key, entry, allowed: "names of letters, digits, _ and dots")
        }
        return name
      }
    } else {
      throw reader.wrongType(key, "a list of strings or a string", value)
    }
    guard !names.isEmpty, names.count <= namesLimit else {
      throw reader.inconsistent(key, "must name 1 to \(namesLimit) modules")
    }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// The suffixes that `.*\.name`, `.*\.(a|b)` or `.*\.(?:a|b)` stand for, `^` and `$` allowed; nil for
  /// any other expression. An expression matches whole paths, so these select by suffix exactly.
  static func suffixes(ofPattern pattern: String) -> [String]? {
    guard pattern.utf8.count <= 65536 else { return nil }
    var text = Substring(pattern)
    if text.hasPrefix("^") { text = text.dropFirst() }
    if text.hasSuffix("$") { text = text.dropLast() }
    guard text.hasPrefix(#".*\."#) else { return nil }
    text = text.dropFirst(4)
    if text.hasPrefix("("), text.hasSuffix(")") {
      text = text.dropFirst().dropLast()
      if text.hasPrefix("?:") { text = text.dropFirst(2) }
    } else if text.contains("|") {
      return nil
    }
    let names = text.split(separator: "|", omittingEmptySubsequences: false).map { part in
      // A bare dot matches any character; only the escaped one is the dot of a plain name.
      part.replacing(#"\."#, with: "").contains(".")
        ? "" : String(part.replacing(#"\."#, with: "."))
    }
    return names.allSatisfy(isPlain) ? names : nil
  }
}
