import GenkiCore

/// An event of a stream on one line.
enum EventLine {
  private static let leading = ["time", "level", "topic", "event", "message"]

  /// Time, level and topic first, then the other members with their names.
  static func text(_ event: JSONValue) -> String {
    guard let object = event.objectValue else { return ValueText.text(event, key: "") }
    let first = leading.compactMap { key in
      object[key].map { ValueText.text($0, key: key) }
    }
    let rest = JSONObject(
      entries: object.entries.filter { !leading.contains($0.key) && $0.key != "sequence" })
    // A member that is an object is written with its own members.
    let nested = rest.entries.compactMap { entry in
      entry.value.objectValue.map { "\(ValueText.printable(entry.key)): \(ValueText.pairs($0))" }
    }
    return (first + [ValueText.pairs(rest)] + nested).filter { !$0.isEmpty }
      .joined(separator: "  ")
  }
}
