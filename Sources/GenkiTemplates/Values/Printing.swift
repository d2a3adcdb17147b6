/// How values are printed: Python's `str` and `repr`.
extension Renderer {
  /// Python's `str`.
  func string(of value: Value) throws(TemplateError) -> MarkedText {
    switch value {
    case .text(let text):
      guard text.isMarkup else { return text }
      var plain = text
      plain.isMarkup = false
      return plain
    case .missing, .undefined: return .empty
    case .none(let mark): return MarkedText("None", mark: mark)
    case .bool(let flag, let mark): return MarkedText(flag ? "True" : "False", mark: mark)
    case .int(let number, let mark): return MarkedText(String(number), mark: mark)
    case .unsigned(let number, let mark): return MarkedText(String(number), mark: mark)
    case .float(let number, let mark): return MarkedText(FloatText.repr(number), mark: mark)
    default: return try repr(of: value)
    }
  }

  /// Python's `repr`.
  func repr(of value: Value) throws(TemplateError) -> MarkedText {
    switch value {
    case .none, .bool, .int, .unsigned, .float: return try string(of: value)
    default:
      var builder = MarkedTextBuilder()
      try writeRepr(value, into: &builder, level: 0)
      return builder.text
    }
  }

  private func writeRepr(
    _ value: Value, into builder: inout MarkedTextBuilder, level: Int
  ) throws(TemplateError) {
    try step()
    // A namespace can be a part of itself; values are bounded when they are made.
    guard level <= 2 * limits.valueDepth else {
      throw .limit(.valueDepth(limits.valueDepth), line: line)
    }
    let before = builder.count
    switch value {
    case .none, .bool, .int, .unsigned, .float: builder.append(try string(of: value))
    case .text(let text):
      if text.isMarkup { builder.append("Markup(", mark: 0) }
      try allocate(text.bytes.count * 30)
      PythonRepr.write(text, into: &builder)
      if text.isMarkup { builder.append(")", mark: 0) }
    case .missing, .undefined: builder.append("Undefined", mark: 0)
    case .list(let list):
      try writeItems(list, "[", "]", into: &builder, level: level)
    case .tuple(let list):
      try writeItems(list, "(", list.items.count == 1 ? ",)" : ")", into: &builder, level: level)
    case .object(let object): try writeObject(object, into: &builder, level: level)
    case .view(let object, let kind): try writeView(object, kind, into: &builder, level: level)
    case .range(let range):
      let step = range.step == 1 ? "" : ", \(range.step)"
      builder.append("range(\(range.start), \(range.stop)\(step))".utf8, mark: 0)
    case .namespace(let number):
      builder.append("<Namespace ", mark: 0)
      let entries = arena.namespaces[number].entries
      try writeObject(
        ObjectValue(entries: entries, mark: 0), into: &builder, level: level + 1)
      builder.append(">", mark: 0)
    case .macro(let number):
      let name = arena.macros[number].body.name
      builder.append((name.map { "<Macro '\($0)'>" } ?? "<Macro anonymous>").utf8, mark: 0)
    case .loop(let number):
      let loop = arena.loops[number]
      let count = try loop.count(self)
      builder.append("<LoopContext \(loop.index + 1)/\(count)>".utf8, mark: 0)
    case .function, .method, .iterator, .cycler, .joiner:
      throw unsupported("printing a \(value.typeName)")
    }
    try allocate(builder.count - before)
  }

  private func writeItems(
    _ list: ListValue, _ open: StaticString, _ close: StaticString,
    into builder: inout MarkedTextBuilder, level: Int
  ) throws(TemplateError) {
    builder.append(open, mark: list.mark)
    for (index, item) in list.items.enumerated() {
      if index > 0 { builder.append(", ", mark: list.mark) }
      try writeRepr(item, into: &builder, level: level + 1)
    }
    builder.append(close, mark: list.mark)
  }

  private func writeObject(
    _ object: ObjectValue, into builder: inout MarkedTextBuilder, level: Int
  ) throws(TemplateError) {
    builder.append("{", mark: object.mark)
    for index in object.keys.indices {
      if index > 0 { builder.append(", ", mark: object.mark) }
      try writeRepr(object.keys[index], into: &builder, level: level + 1)
      builder.append(": ", mark: object.mark)
      try writeRepr(object.values[index], into: &builder, level: level + 1)
    }
    builder.append("}", mark: object.mark)
  }

  private func writeView(
    _ object: ObjectValue, _ kind: ViewKind, into builder: inout MarkedTextBuilder, level: Int
  ) throws(TemplateError) {
    let items: [Value]
    switch kind {
    case .keys:
      builder.append("dict_keys(", mark: object.mark)
      items = object.keys
    case .values:
      builder.append("dict_values(", mark: object.mark)
      items = object.values
    case .items:
      builder.append("dict_items(", mark: object.mark)
      try allocate(object.count * 128)
      items = object.keys.indices.map { object.item($0) }
    }
    try writeItems(
      ListValue(items, mark: object.mark), "[", "]", into: &builder, level: level)
    builder.append(")", mark: object.mark)
  }
}

/// Python's `repr` of a text.
enum PythonRepr {
  static func write(_ text: MarkedText, into builder: inout MarkedTextBuilder) {
    let hasSingle = text.bytes.contains(UInt8(ascii: "'"))
    let quote =
      hasSingle && !text.bytes.contains(UInt8(ascii: "\"")) ? UInt8(ascii: "\"") : UInt8(ascii: "'")
    let edge = text.highestMark
    builder.append(byte: quote, mark: edge)
    for character in text.characters {
      let bytes = text.bytes[character.range]
      let value = PythonText.scalar(text.bytes, character.range.lowerBound).value
      if value == UInt32(quote) || value == UInt32(UInt8(ascii: "\\")) {
        builder.append(byte: UInt8(ascii: "\\"), mark: character.mark)
        builder.append(bytes, mark: character.mark)
      } else if let escape = escape(value) {
        builder.append(escape.utf8, mark: character.mark)
      } else {
        builder.append(bytes, mark: character.mark)
      }
    }
    builder.append(byte: quote, mark: edge)
  }

  private static func escape(_ value: UInt32) -> String? {
    switch value {
    case 0x0A: return "\\n"
    case 0x0D: return "\\r"
    case 0x09: return "\\t"
    case 0x20..<0x7F: return nil
    default: break
    }
    if value >= 0x80, let scalar = UnicodeScalar(value), isPrintable(scalar) { return nil }
    let digits = String(value, radix: 16)
    func padded(_ width: Int) -> String {
      String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    if value < 0x100 { return "\\x" + padded(2) }
    return value < 0x10000 ? "\\u" + padded(4) : "\\U" + padded(8)
  }

  private static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}
