import GenkiCore

/// The text of a daemon's configuration file, section by section.
package struct StageConfiguration: Equatable {
  /// The file's text.
  package private(set) var text = ""

  /// An empty file.
  package init() {}

  /// Adds a section. Strings, numbers, truth values and lists of them are written alike in JSON and
  /// TOML; what is null is left out.
  package mutating func section(_ name: String, _ values: JSONObject) {
    add("[\(name)]", values)
  }

  /// Adds one element of a list of sections.
  package mutating func element(_ name: String, _ values: JSONObject) {
    add("[[\(name)]]", values)
  }

  private mutating func add(_ head: String, _ values: JSONObject) {
    if !text.isEmpty { text += "\n" }
    text += head + "\n"
    for entry in values.entries where entry.value != .null {
      text += "\(entry.key) = \(entry.value.encoded())\n"
    }
  }
}
