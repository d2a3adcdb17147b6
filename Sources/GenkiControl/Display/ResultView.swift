import GenkiConsole
import GenkiCore

/// Shows any answer to a person: `{"items":[…]}` as a table, an object as names and values.
///
/// It knows nothing of what the answers mean; what is missing is shown as –, what is new is shown
/// like the rest.
struct ResultView {
  /// The preferred order; members that are not named follow, except in tables.
  let columns: [String]

  private static let columnsMaximum = 8
  private static let depthMaximum = 6

  init(columns: [String] = []) { self.columns = columns }

  func show(_ result: JSONValue, _ console: Console) {
    if result.isNull {
      console.line(console.styled("nothing", .dim))
    } else if let items = result["items"]?.arrayValue {
      table(items, console)
      let others = JSONObject(
        entries: (result.objectValue ?? [:]).entries.filter { $0.key != "items" })
      if !others.entries.isEmpty {
        console.line()
        record(others, console)
      }
    } else if let object = result.objectValue {
      record(object, console)
    } else if let elements = result.arrayValue {
      table(elements, console)
    } else {
      console.line(ValueText.text(result, key: ""))
    }
  }

  /// A table of objects, or one value a line.
  func table(_ items: [JSONValue], _ console: Console, indent: String = "") {
    guard !items.isEmpty else {
      console.line(indent + console.styled("nothing", .dim))
      return
    }
    guard items.allSatisfy({ $0.objectValue != nil }) else {
      for item in items { console.line(indent + ValueText.text(item, key: "")) }
      return
    }
    let keys = columns(of: items)
    var table = TextTable(
      keys.map { key in
        let isNumeric = items.contains { Self.member(key, of: $0)?.doubleValue != nil }
        return (title: Self.title(of: key), alignment: isNumeric ? .right : .left)
      })
    for item in items {
      table.add(keys.map { ValueText.cell(Self.member($0, of: item), key: Self.title(of: $0)) })
    }
    for (index, line) in table.lines().enumerated() {
      console.line(indent + (index == 0 ? console.styled(line, .bold) : line))
    }
  }

  /// A member, or with points in the key a member of a member.
  private static func member(_ key: String, of item: JSONValue) -> JSONValue? {
    key.split(separator: ".").reduce(Optional(item)) { value, part in value?[String(part)] }
  }

  private static func title(of key: String) -> String {
    ValueText.printable(key.split(separator: ".").last.map(String.init) ?? key)
  }

  /// The preferred columns that are there; without any, all members that hold one value.
  private func columns(of items: [JSONValue]) -> [String] {
    let preferred = columns.filter { key in items.contains { Self.member(key, of: $0) != nil } }
    if preferred.count > 1 || preferred.count == columns.count, !preferred.isEmpty {
      return preferred
    }
    var keys: [String] = []
    for entry in items.flatMap({ $0.objectValue?.entries ?? [] })
    where !keys.contains(entry.key) && !ValueText.isNested(entry.value) {
      keys.append(entry.key)
      if keys.count == Self.columnsMaximum { break }
    }
    return keys
  }

  /// Names and values; members that are objects or lists stand below, further in.
  func record(_ object: JSONObject, _ console: Console, indent: String = "", depth: Int = 0) {
    let entries = ordered(object.entries)
    let plain = entries.filter { !ValueText.isNested($0.value) }
    var table = TextTable(alignments: [.left, .left])
    for entry in plain {
      table.add([ValueText.printable(entry.key), ValueText.text(entry.value, key: entry.key)])
    }
    for line in table.lines() { console.line(indent + line) }
    for entry in entries where ValueText.isNested(entry.value) {
      console.line(indent + console.styled(ValueText.printable(entry.key), .bold))
      let inner = indent + "  "
      if depth == Self.depthMaximum {
        console.line(inner + "…")
      } else if let object = entry.value.objectValue {
        ResultView().record(object, console, indent: inner, depth: depth + 1)
      } else {
        ResultView().table(entry.value.arrayValue ?? [], console, indent: inner)
      }
    }
  }

  private func ordered(_ entries: [JSONObject.Entry]) -> [JSONObject.Entry] {
    let first = columns.compactMap { key in entries.first { $0.key == key } }
    return first + entries.filter { !columns.contains($0.key) }
  }
}
