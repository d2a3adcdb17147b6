import GenkiCore

extension CommonConfiguration {
  /// The commented example file: every key with its meaning, what it may be and its default.
  ///
  /// `config/*.toml` hold this text. Every value is behind a `#`, so that an installed copy changes
  /// nothing; without the `#` each line is valid, too.
  public static var example: String {
    var text = """
      # Configuration of \(role.program).
      #
      # Every key has a default that works on one machine without network; a line without its # overrides
      # it. Variables of the environment override this file: GENKI_CHAIN_LOCAL_PATH for local.path of
      # [chain]. Paths are relative to this file's folder; ~/ is the home folder. Secrets are never here:
      # *_file keys name files that hold them. `\(role.program) check` says what is wrong.

      """
    let blank = Self(defaults: DefaultPaths(role: role, environment: ["HOME": "/"]))
    var section = ""
    for setting in settings {
      let declaration = setting.declaration
      if declaration.section != section {
        if section == "round" { text += lists.map(exampleText).joined() }
        section = declaration.section
        text += "\n[\(section)]\n"
      }
      let value = setting.read(blank)
      let isDefault = declaration.example == nil
      text += comment(declaration, isDefault: isDefault, hasDefault: !value.isNull)
      text += "#\(declaration.key) = \(declaration.example ?? toml(value))\n"
    }
    return text
  }

  private static func exampleText(_ list: SettingList<Self>) -> String {
    let keys = list.keys.map { key in
      comment(key, isDefault: false, hasDefault: false) + "#\(key.key) = \(key.example ?? "")\n"
    }
    return "\n# As many as there are.\n#[[\(list.section)]]\n" + keys.joined()
  }

  private static func comment(
    _ declaration: SettingDeclaration, isDefault: Bool, hasDefault: Bool
  ) -> String {
    let note =
      isDefault ? "the default" : hasDefault ? "an example" : "an example; default: not set"
    let state = declaration.isRequired ? "an example; required" : note
    return wrapped("\(declaration.summary) Allowed: \(declaration.shape.allowed). (\(state))")
  }

  /// A comment with lines of at most 100 characters.
  private static func wrapped(_ text: String) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + word.count < 100 {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append("# \(word)")
      }
    }
    return lines.map { "\($0)\n" }.joined()
  }

  /// JSON's numbers, strings and lists of them are TOML's as well; a double keeps its point.
  private static func toml(_ value: JSONValue) -> String {
    if case .array(let values) = value {
      return "[" + values.map(toml).joined(separator: ", ") + "]"
    }
    return value.encoded()
  }
}
