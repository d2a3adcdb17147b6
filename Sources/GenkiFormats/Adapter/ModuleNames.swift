import GenkiCore

/// Names of modules: paths, and ends of paths that begin with a part.
struct ModuleNames: Sendable, Equatable {
  /// The names, each once, in the order of the file.
  let names: [String]
  private let all: Set<String>

  private static let namesMaximum = 8_192
  private static let bytesMaximum = 256

  init(_ names: [String]) {
    var seen: Set<String> = []
    self.names = names.filter { seen.insert($0).inserted }
    all = seen
  }

  /// A list of a configuration; an empty one where that is allowed.
  init(_ list: [JSONValue], of reader: ConfigurationReader, key: String) throws {
    guard list.count <= Self.namesMaximum else {
      throw reader.inconsistent(key, "names more than \(Self.namesMaximum) modules")
    }
    self.init(
      try list.map { entry in
        guard let name = entry.stringValue else {
          throw reader.wrongType(key, "a list of strings", entry)
        }
        guard Self.isPlain(name) else {
          throw reader.unsupported(key, entry, allowed: "names of letters, digits, _ and dots")
        }
        return name
      })
  }

  /// Whether the path or an end of it, from the begin of a part, is among them.
  ///
  /// Costs a look at each part of the path, whatever the number of names.
  func contains(_ path: String) -> Bool {
    var rest = path[...]
    while true {
      if all.contains(String(rest)) { return true }
      guard let dot = rest.firstIndex(of: ".") else { return false }
      rest = rest[rest.index(after: dot)...]
    }
  }

  /// Whether the path itself is among them.
  func containsWhole(_ path: String) -> Bool { all.contains(path) }

  /// Letters, digits, _ and single dots between them.
  static func isPlain(_ name: String) -> Bool {
    guard name.utf8.count <= bytesMaximum else { return false }
    return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .allSatisfy { part in !part.isEmpty && part.allSatisfy(isPlain) }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
