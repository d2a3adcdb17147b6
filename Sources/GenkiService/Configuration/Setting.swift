import GenkiCore

/// A key of the configuration, declared once: reading, checks, `config.get` and the check of the
/// commented example files all come from it.
public struct SettingDeclaration: Sendable, Equatable {
  /// The section, without brackets: `chain`.
  public let section: String
  /// The key in it, which may have a dot: `local.path`.
  public let key: String
  /// What it may be.
  public let shape: SettingShape
  /// One sentence for the operator.
  public let summary: String
  /// Whether each element of a list section must have it.
  public var isRequired = false
  /// What the file says for a missing value, where a missing value is not the default.
  public var nothing: JSONValue?
  /// A value for the example file, as TOML, where the default is nothing or depends on the machine.
  public var example: String?

  /// `chain.local.path`.
  public var name: String { "\(section).\(key)" }

  /// `GENKI_CHAIN_LOCAL_PATH`.
  public var variable: String {
    "GENKI_" + name.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
  }
}

/// A declared key and the field that it fills.
public struct Setting<Configuration: Sendable>: Sendable {
  /// The declaration.
  public let declaration: SettingDeclaration
  /// The value that a configuration has, as the file would say it; null where nothing is said.
  public let read: @Sendable (Configuration) -> JSONValue
  /// Fills the field; false if the value does not fit its type.
  let write: @Sendable (inout Configuration, JSONValue) -> Bool

  /// Declares a key.
  ///
  /// - Parameters:
  ///   - name: Section and key: `chain.local.path`.
  ///   - field: Where the value goes.
  ///   - shape: What it may be.
  ///   - summary: One sentence for the operator.
  ///   - isRequired: Whether each element of a list section must have it.
  ///   - nothing: What the file says for nil, where leaving the key out says something else.
  ///   - example: TOML for the example file, where the default is nothing or a machine's own.
  init<Value: SettingField>(
    _ name: String, _ field: any WritableKeyPath<Configuration, Value> & Sendable,
    _ shape: SettingShape, _ summary: String, isRequired: Bool = false, nothing: JSONValue? = nil,
    example: String? = nil
  ) where Value: ExpressibleByNilLiteral {
    self.init(
      name, shape, summary, isRequired: isRequired, nothing: nothing, example: example,
      read: { configuration in
        let value = configuration[keyPath: field].settingValue
        return value.isNull ? nothing ?? .null : value
      },
      write: { configuration, value in
        if let nothing, value == nothing {
          configuration[keyPath: field] = nil
          return true
        }
        guard let value = Value(setting: value) else { return false }
        configuration[keyPath: field] = value
        return true
      })
  }

  /// Declares a key whose field always has a value; see the other initialiser.
  init<Value: SettingField>(
    _ name: String, _ field: any WritableKeyPath<Configuration, Value> & Sendable,
    _ shape: SettingShape, _ summary: String, isRequired: Bool = false,
    example: String? = nil
  ) {
    self.init(
      name, shape, summary, isRequired: isRequired, nothing: nil, example: example,
      read: { $0[keyPath: field].settingValue },
      write: { configuration, value in
        guard let value = Value(setting: value) else { return false }
        configuration[keyPath: field] = value
        return true
      })
  }

  private init(
    _ name: String, _ shape: SettingShape, _ summary: String, isRequired: Bool,
    nothing: JSONValue?, example: String?, read: @escaping @Sendable (Configuration) -> JSONValue,
    write: @escaping @Sendable (inout Configuration, JSONValue) -> Bool
  ) {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    declaration = SettingDeclaration(
      section: parts.first ?? "", key: parts.last ?? "", shape: shape, summary: summary,
      isRequired: isRequired, nothing: nothing, example: example)
    self.read = read
    self.write = write
  }
}

/// A section that may stand any number of times: `[[dataset]]`.
public struct SettingList<Configuration: Sendable>: Sendable {
  /// The section, without brackets.
  public let section: String
  /// The keys of an element; the first of them tells elements apart.
  public let keys: [SettingDeclaration]
  /// The elements of a configuration, each an object.
  public let read: @Sendable (Configuration) -> JSONValue
  /// Appends an element of checked values, by key.
  let append: @Sendable (inout Configuration, [String: JSONValue]) -> Void

  /// Declares a list.
  ///
  /// - Parameters:
  ///   - section: The section.
  ///   - field: Where the elements go.
  ///   - blank: An element with all defaults.
  ///   - settings: Its keys; the first is the name, which no two elements share.
  init<Element: Sendable>(
    _ section: String, _ field: any WritableKeyPath<Configuration, [Element]> & Sendable,
    blank: Element, _ settings: [Setting<Element>]
  ) {
    self.section = section
    keys = settings.map(\.declaration)
    read = { configuration in
      .array(
        configuration[keyPath: field].map { element in
          .object(
            JSONObject(
              entries: settings.map {
                (key: $0.declaration.key, value: $0.declaration.shape.shown($0.read(element)))
              }))
        })
    }
    append = { configuration, values in
      var element = blank
      for setting in settings {
        if let value = values[setting.declaration.key] { _ = setting.write(&element, value) }
      }
      configuration[keyPath: field].append(element)
    }
  }
}
