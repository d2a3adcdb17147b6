import Foundation
import GenkiCore

/// Fills a configuration from a file, the environment and the command line, collecting mistakes.
struct ConfigurationReader<Configuration: CommonConfiguration> {
  private(set) var configuration: Configuration
  private(set) var origins: [String: ConfigurationOrigin] = [:]
  private(set) var problems: [ConfigurationProblem] = []
  private let environment: [String: String]

  init(environment: [String: String]) {
    self.environment = environment
    configuration = Configuration(
      defaults: DefaultPaths(role: Configuration.role, environment: environment))
  }

  // MARK: File

  mutating func read(file path: String) {
    do {
      read(try TOMLDocument(file: path), source: path)
    } catch let error as ConfigurationError {
      problems += error.problems
    } catch {
      let error = error as? any ReportableError
      problems.append(
        ConfigurationProblem(
          source: path, key: nil, why: error?.why ?? "cannot be read", allowed: error?.advice))
    }
  }

  mutating func read(_ document: TOMLDocument, source: String) {
    let sections = Set(Configuration.settings.map(\.declaration.section))
    let lists = Dictionary(
      uniqueKeysWithValues: Configuration.lists.map { ($0.section, $0) })
    let folder = URL(filePath: source).deletingLastPathComponent().path
    let file = SourceFile(path: source, folder: folder, lines: document.lines)
    // The parser sorts by name; people read from the top.
    let entries = document.root.entries.sorted {
      document.lines.line(of: [$0.key]) ?? 0 < document.lines.line(of: [$1.key]) ?? 0
    }
    let found = problems.count
    for (name, value) in entries {
      if let list = lists[name] {
        read(list, value, file)
      } else if sections.contains(name) {
        readSection(name, value, file)
      } else {
        complain(
          file, [name], "there is no section [\(Self.shown(name))]",
          Self.advice(name, among: sections.union(lists.keys), what: "section"))
      }
    }
    problems[found...].sort { ($0.line ?? 0, $0.key ?? "") < ($1.line ?? 0, $1.key ?? "") }
  }

  private struct SourceFile {
    let path: String
    let folder: String
    let lines: TOMLKeyLines
  }

  private mutating func readSection(_ section: String, _ value: JSONValue, _ file: SourceFile) {
    guard case .object(let table) = value else {
      let why = "'\(section)' is \(value.kindName)"
      return complain(file, [section], why, "write [\(section)] and its keys below it")
    }
    let settings = Configuration.settings.filter { $0.declaration.section == section }
    let keys = settings.map(\.declaration.key)
    for (path, value) in Self.leaves(table, keys: Set(keys)) {
      let key = path.joined(separator: ".")
      let fullPath = [section] + path
      guard let setting = settings.first(where: { $0.declaration.key == key }) else {
        complain(
          file, fullPath, "unknown key", Self.advice(key, among: keys, what: "key of [\(section)]"))
        continue
      }
      let name = setting.declaration.name
      guard let checked = check(value, setting.declaration, file, fullPath) else { continue }
      apply(setting, checked, origin: .file(path: file.path, line: file.lines.line(of: fullPath)))
      if origins[name] == nil { complain(file, fullPath, "does not fit", nil) }
    }
  }

  private mutating func read(
    _ list: SettingList<Configuration>, _ value: JSONValue, _ file: SourceFile
  ) {
    guard case .array(let elements) = value, elements.allSatisfy({ $0.objectValue != nil }) else {
      let why = "'\(list.section)' is no list of tables"
      return complain(file, [list.section], why, "write [[\(list.section)]] for each")
    }
    var names: [String: Int] = [:]
    for (index, element) in elements.enumerated() {
      let path = [list.section, String(index)]
      var values: [String: JSONValue] = [:]
      let table = element.objectValue ?? [:]
      for (key, value) in table.entries {
        guard let declaration = list.keys.first(where: { $0.key == key }) else {
          let advice = Self.advice(
            key, among: list.keys.map(\.key), what: "key of [[\(list.section)]]")
          complain(file, path + [key], "unknown key", advice)
          continue
        }
        values[key] = check(value, declaration, file, path + [key])
      }
      for declaration in list.keys where declaration.isRequired && table[declaration.key] == nil {
        complain(file, path, "'\(declaration.key)' is missing", declaration.shape.allowed)
      }
      if let key = list.keys.first?.key, let name = values[key]?.stringValue {
        let line = file.lines.line(of: path + [key]) ?? 0
        if let first = names[name] {
          let why = "the name \(name.quoted()) stands on line \(first) already"
          complain(file, path + [key], why, "each needs a name of its own")
        }
        names[name] = names[name] ?? line
      }
      list.append(&configuration, values)
    }
    origins[list.section] = .file(path: file.path, line: file.lines.line(of: [list.section]))
  }

  // MARK: Environment and command line

  /// Applies words: variables of the environment or options.
  mutating func read(
    words: [String: String], name: (SettingDeclaration) -> String,
    origin: (String) -> ConfigurationOrigin
  ) {
    for setting in Configuration.settings {
      let declaration = setting.declaration
      let source = name(declaration)
      // An empty word says nothing, as in systemd's Environment=.
      guard let word = words[source], !word.isEmpty else { continue }
      let value = declaration.shape.value(ofWord: word)
      if let why = declaration.shape.complaint(about: value) {
        problems.append(
          ConfigurationProblem(
            source: source, key: declaration.name,
            why: declaration.shape.mayHoldSecrets ? "is not allowed" : why,
            allowed: declaration.shape.allowed))
        continue
      }
      let folder = FileManager.default.currentDirectoryPath
      apply(
        setting, Self.absolute(value, declaration.shape, folder: folder, environment),
        origin: origin(source))
    }
  }

  // MARK: Helpers

  private mutating func apply(
    _ setting: Setting<Configuration>, _ value: JSONValue, origin: ConfigurationOrigin
  ) {
    if setting.write(&configuration, value) { origins[setting.declaration.name] = origin }
  }

  /// The value in its final form, or nil after complaining.
  private mutating func check(
    _ value: JSONValue, _ declaration: SettingDeclaration, _ file: SourceFile, _ path: [String]
  ) -> JSONValue? {
    var value = value
    if case .list(_, isSingleAllowed: true) = declaration.shape, case .string = value {
      value = .array([value])
    }
    if let why = declaration.shape.complaint(about: value) {
      let why = declaration.shape.mayHoldSecrets ? "is not allowed" : why
      complain(file, path, why, declaration.shape.allowed)
      return nil
    }
    return Self.absolute(value, declaration.shape, folder: file.folder, environment)
  }

  private mutating func complain(
    _ file: SourceFile, _ path: [String], _ why: String, _ allowed: String?
  ) {
    problems.append(
      ConfigurationProblem(
        source: file.path, line: file.lines.line(of: path),
        key: path.filter { Int($0) == nil }.map(Self.shown).joined(separator: "."), why: why,
        allowed: allowed.map { $0.hasPrefix("did you") ? $0 : "allowed: \($0)" }))
  }

  /// The declared keys of a section, tables inside it opened unless they are a declared key.
  private static func leaves(
    _ table: JSONObject, keys: Set<String>, prefix: [String] = []
  ) -> [(path: [String], value: JSONValue)] {
    table.entries.flatMap { key, value -> [(path: [String], value: JSONValue)] in
      let path = prefix + [key]
      let isParent = keys.contains { $0.hasPrefix(path.joined(separator: ".") + ".") }
      guard isParent, case .object(let inner) = value else { return [(path, value)] }
      return leaves(inner, keys: keys, prefix: path)
    }
  }

  /// Relative paths become absolute ones; `~/` is the home folder.
  private static func absolute(
    _ value: JSONValue, _ shape: SettingShape, folder: String, _ environment: [String: String]
  ) -> JSONValue {
    switch (shape, value) {
    case (.path, .string(let path)):
      if path.hasPrefix("~/") {
        return .string((environment["HOME"] ?? NSHomeDirectory()) + path.dropFirst())
      }
      return .string(
        path.hasPrefix("/")
          ? path : URL(filePath: path, relativeTo: URL(filePath: folder + "/")).standardized.path)
    case (.list(let element, _), .array(let values)):
      return .array(values.map { absolute($0, element, folder: folder, environment) })
    default: return value
    }
  }

  private static func advice(
    _ name: String, among names: some Collection<String>, what: String
  ) -> String {
    if let nearest = NearestName.of(name, among: names) { return "did you mean '\(nearest)'?" }
    return "each \(what): " + names.sorted().joined(separator: ", ")
  }

  private static func shown(_ name: String) -> String { name.escapingControls() }
}
