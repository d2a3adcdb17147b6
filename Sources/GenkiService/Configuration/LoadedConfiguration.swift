import GenkiCore

/// Where a value of the configuration comes from.
public enum ConfigurationOrigin: Sendable, Equatable {
  /// Nobody said anything.
  case `default`
  /// The file.
  case file(path: String, line: Int?)
  /// A variable of the environment.
  case environment(variable: String)
  /// An option of the command line.
  case option(String)

  /// For people: `file minerd.toml:12`.
  public var text: String {
    switch self {
    case .default: "default"
    case .file(let path, let line): "file " + (line.map { "\(path):\($0)" } ?? path)
    case .environment(let variable): "environment \(variable)"
    case .option(let option): "option \(option)"
    }
  }
}

/// A checked configuration that knows where its values come from.
public struct LoadedConfiguration<Configuration: CommonConfiguration>: Sendable {
  /// The values.
  public var configuration: Configuration
  /// The file that was read; nil if there is none.
  public let file: String?
  /// By `section.key`; what is absent is a default. Lists go by their section.
  public let origins: [String: ConfigurationOrigin]
  /// What is odd but harmless, for `check`: variables that name no key.
  public let warnings: [String]

  /// Where a value comes from.
  public func origin(of name: String) -> ConfigurationOrigin { origins[name] ?? .default }

  /// The keys whose values differ in another configuration, for `config.reload`.
  public func changedKeys(in other: LoadedConfiguration) -> [String] {
    let keys = Configuration.settings.filter { setting in
      setting.read(configuration) != setting.read(other.configuration)
    }
    let lists = Configuration.lists.filter { list in
      list.read(configuration) != list.read(other.configuration)
    }
    return keys.map(\.declaration.name) + lists.map(\.section)
  }

  /// The answer of `config.get`: `file`, and for each key its value, where it comes from, and what
  /// it means. Passwords in addresses are masked.
  public var document: JSONValue {
    var entries = Configuration.settings.map { setting -> JSONValue in
      let declaration = setting.declaration
      return .object([
        "key": .string(declaration.name),
        "value": declaration.shape.shown(setting.read(configuration)),
        "origin": .string(origin(of: declaration.name).text),
        "summary": .string(declaration.summary),
      ])
    }
    for list in Configuration.lists {
      entries.append(
        .object([
          "key": .string(list.section), "value": list.read(configuration),
          "origin": .string(origin(of: list.section).text),
          "summary": .string("Each [[\(list.section)]] of the file."),
        ]))
    }
    return .object(["file": JSONValue(file), "settings": .array(entries)])
  }
}
