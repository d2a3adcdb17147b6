extension JSONValue {
  /// The JSON text of this value.
  ///
  /// Doubles are written with the fewest digits that read back as the same value; NaN and the
  /// infinities become null. Text outside ASCII stays as it is. `pretty` indents by two spaces.
  public func encoded(pretty: Bool = false, sortedKeys: Bool = false) -> String {
    var writer = JSONTextWriter(isPretty: pretty, sortsKeys: sortedKeys)
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// Collects the bytes of a JSON text.
private struct JSONTextWriter {
  let isPretty: Bool
  let sortsKeys: Bool
  var bytes: [UInt8] = []
  private var level = 0

  init(isPretty: Bool, sortsKeys: Bool) {
    self.isPretty = isPretty
    self.sortsKeys = sortsKeys
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .integer(let value): append(String(value))
    case .unsigned(let value): append(String(value))
    case .number(let value): append(value.isFinite ? value.description : "null")
    case .string(let value): write(string: value)
    case .array(let elements):
      writeList(elements, open: "[", close: "]") { $0.write($1) }
    case .object(let object):
      let entries =
        sortsKeys
        ? object.entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        : object.entries
      writeList(entries, open: "{", close: "}") { writer, entry in
        writer.write(string: entry.key)
        writer.append(writer.isPretty ? ": " : ":")
        writer.write(entry.value)
      }
    }
  }

  private mutating func writeList<Element>(
    _ elements: [Element], open: String, close: String,
    _ body: (inout JSONTextWriter, Element) -> Void
  ) {
    append(open)
    level += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { append(",") }
      breakLine()
      body(&self, element)
    }
    level -= 1
    if !elements.isEmpty { breakLine() }
    append(close)
  }

  private mutating func breakLine() {
    guard isPretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(string: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x08: append("\\b")
      case 0x0C: append("\\f")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20: append(byte < 0x10 ? "\\u000" : "\\u00"); append(String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
