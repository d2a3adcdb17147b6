import GenkiCore

/// Which layers of a list of target modules carry adapters: layers_to_transform and layers_pattern.
public struct LayerSelection: Sendable, Equatable {
  /// The layers' numbers.
  private let indexes: Set<Int>
  private let indexesJSON: JSONValue
  /// What stands before a layer's number; none for anything.
  private let names: [String]
  private let namesJSON: JSONValue

  private static let entriesMaximum = 4_096
  private static let namesMaximum = 64

  /// Nil where all layers are meant.
  ///
  /// - Throws: What PEFT does not load either: layers beside a pattern of modules, names of layers
  ///   without numbers.
  init?(_ reader: ConfigurationReader, targets: ModuleSelection) throws {
    let numbers = reader.value("layers_to_transform")
    let names = reader.value("layers_pattern")
    for (key, value) in [("layers_to_transform", numbers), ("layers_pattern", names)]
    where value != nil && !targets.isList {
      throw reader.inconsistent(key, "needs target_modules to be a list")
    }
    self.names = try Self.names(reader, names)
    guard let numbers else {
      if !self.names.isEmpty {
        throw reader.inconsistent("layers_pattern", "needs layers_to_transform")
      }
      return nil
    }
    let list = numbers.arrayValue ?? [numbers]
    guard list.count <= Self.entriesMaximum else {
      throw reader.inconsistent(
        "layers_to_transform", "names more than \(Self.entriesMaximum) layers")
    }
    indexes = Set(
      try list.map { try reader.int($0, key: "layers_to_transform", in: Int.min...Int.max) })
    // An empty list is no choice.
    if list.isEmpty { return nil }
    indexesJSON = numbers
    namesJSON = names ?? .null
  }

  private static func names(
    _ reader: ConfigurationReader, _ value: JSONValue?
  ) throws -> [String] {
    let key = "layers_pattern"
    guard let value else { return [] }
    guard let list = value.stringValue.map({ $0.isEmpty ? [] : [.string($0)] }) ?? value.arrayValue
    else { throw reader.wrongType(key, "a string or a list of strings", value) }
    guard list.count <= namesMaximum else {
      throw reader.inconsistent(key, "has more than \(namesMaximum) entries")
    }
    return try list.map { entry in
      guard let name = entry.stringValue else {
        throw reader.wrongType(key, "a list of strings", entry)
      }
      guard ModuleNames.isPlain(name) else {
        throw reader.unsupported(key, entry, allowed: "names of letters, digits, _ and dots")
      }
      return name
    }
  }

  /// The most characters of names that are compared at one place of a path.
  var stateCount: Int { names.reduce(1) { $0 + $1.utf8.count } }

  /// Whether the module is in one of the layers.
  ///
  /// PEFT takes the first number that is a whole part of the path behind one of the names or, without
  /// names, behind at least two parts.
  func contains(_ path: String) -> Bool {
    let number =
      names.isEmpty
      ? Self.number(in: path)
      : names.lazy.compactMap {
        Self.number(in: path, behind: $0)
      }.first
    return number.flatMap { Int($0) }.map(indexes.contains) ?? false
  }

  private static func number(in path: String) -> Substring? {
    path.split(separator: ".", omittingEmptySubsequences: false)
      .dropLast().dropFirst(2).first(where: isNumber)
  }

  /// `name` is a pattern, in which a dot is any character.
  private static func number(in path: String, behind name: String) -> Substring? {
    let bytes = Array(path.utf8)
    let name = Array(name.utf8)
    let dot = UInt8(ascii: ".")
    for start in bytes.indices where start == 0 || bytes[start - 1] == dot {
      let end = start + name.count
      guard end < bytes.count, bytes[end] == dot,
        zip(bytes[start..<end], name).allSatisfy({ $0 == $1 || $1 == dot })
      else { continue }
      let rest = path.utf8.dropFirst(end + 1)
      guard let last = rest.firstIndex(of: dot) else { continue }
      let part = path[rest.startIndex..<last]
      if isNumber(part) { return part }
    }
    return nil
  }

  private static func isNumber(_ part: Substring) -> Bool {
    !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// layers_to_transform as the file has it.
  var toTransform: JSONValue { indexesJSON }
  /// layers_pattern as the file has it.
  var pattern: JSONValue { namesJSON }
}
